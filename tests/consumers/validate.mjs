// Judges messages by the published schemas. Reads {"checks": [{"schema": NAME, "value": ...}]} on
// standard input and prints one list of mistakes for each check, as JSON.
//
//     node validate.mjs SCHEMAS_DIR NODE_MODULES < checks.json
//
// NAME is "entry" (queue-entry.schema.json) or a schema of asyncapi.yaml. Readers must ignore what
// they do not know, but what Tapline writes must be described: so here, and only here, a member
// that the schema does not name is a mistake too.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [schemas, packages] = process.argv.slice(2);
const require = createRequire(join(packages, "..", "package.json"));
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;
const yaml = require("yaml");

function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = {};
  for (const [key, value] of Object.entries(schema)) copy[key] = closed(value);
  if (copy.type === "object" && copy.properties && !("additionalProperties" in copy)) {
    copy.additionalProperties = false;
  }
  return copy;
}

const ajv = new Ajv({ allErrors: true, strictTuples: false, allowUnionTypes: true, strictRequired: true });
addFormats(ajv);
const entry = JSON.parse(readFileSync(join(schemas, "queue-entry.schema.json"), "utf8"));
const api = yaml.parse(readFileSync(join(schemas, "asyncapi.yaml"), "utf8"));
ajv.addSchema({ ...closed(entry), $id: "entry" });
ajv.addSchema({ $id: "asyncapi", components: { schemas: closed(api.components.schemas) } });
ajv.addVocabulary(["asyncapi", "components"]);

const judge = (name) => ajv.getSchema(name === "entry" ? "entry" : `asyncapi#/components/schemas/${name}`);

const { checks } = JSON.parse(readFileSync(0, "utf8"));
const mistakes = checks.map(({ schema, value }) => {
  const valid = judge(schema);
  if (!valid) return [`no schema ${schema}`];
  if (valid(value)) return [];
  return valid.errors.map((e) => `${e.instancePath || "/"} ${e.message} ${JSON.stringify(e.params)}`);
});
console.log(JSON.stringify(mistakes));
