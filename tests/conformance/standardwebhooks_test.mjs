// Events of a brand's own app, signed and judged by the library of the Standard Webhooks project.
import { npm } from "./harness.mjs";
import { webhookTests } from "./webhooks.mjs";

webhookTests({ Webhook: npm("standardwebhooks").Webhook, spellings: ["webhook-"] });
