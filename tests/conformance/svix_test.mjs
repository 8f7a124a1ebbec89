// Events of a brand's own app, signed and judged by Svix's library, in both spellings of the headers.
import { npm } from "./harness.mjs";
import { webhookTests } from "./webhooks.mjs";

webhookTests({ Webhook: npm("svix").Webhook, spellings: ["svix-", "webhook-"] });
