import { type Operation, operationsOf, type Product } from "./operation.ts";
import type { Fields, Schema } from "./schema.ts";

/** The reference page of a product in the simulator: docs/simulator/<product>.md. */
export function referencePageOf(product: Product): string {
  const all = operationsOf(product);
  const lines = [
    `# ${product.title}`,
    "",
    "Made from the table of operations of the simulator (`UPDATE_DOCS=1` writes it anew). Every call may also be refused",
    "with the errors that all products share: of the signature, of malformed input, of a clientToken that is used twice.",
    "",
    `Host: ${product.hosts.map((host) => `\`${host}\``).join(", ")}. ${all.length} operations.`,
    ...all.flatMap(([name, operation]) => ["", ...sectionOf(name, operation)]),
  ];
  return `${lines.join("\n")}\n`;
}

function sectionOf(name: string, operation: Operation): readonly string[] {
  const { method, path, aliases = [], when, query = {}, body, answer, errors = [] } = operation;
  const action = when ? `?${when}` : "";
  const calls = [path, ...aliases].map((one) => `\`${method} ${one}${action}\``);
  const repeatable = operation.clientToken ?? method !== "GET";
  return [
    `## ${name}`,
    "",
    operation.summary,
    "",
    `- ${calls.join(" or ")}${repeatable ? " (with `clientToken`)" : ""}`,
    ...(Object.keys(query).length > 0 ? [`- Query: ${fieldsOf(query)}`] : []),
    ...(body ? [`- Body: ${textOf(body)}`] : []),
    `- Answer: ${answer ? textOf(answer) : "`{}`"}`,
    ...(errors.length > 0 ? [`- Errors: ${errors.map((code) => `\`${code}\``).join(", ")}`] : []),
    ...(operation.delay ? [`- Takes effect after \`${operation.delay}\`.`] : []),
  ];
}

function fieldsOf(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, schema]) => `\`${name}${schema.optional ? "?" : ""}\`${describe(schema)}`)
    .join(", ");
}

function textOf(schema: Schema): string {
  if (schema.shape.kind !== "object") return describe(schema).trim() || "anything";
  const fields = fieldsOf(schema.shape.fields);
  return fields === "" ? "{ }" : `{ ${fields} }`;
}

/** What to know of a value besides its name. */
function describe({ shape }: Schema): string {
  switch (shape.kind) {
    case "text": {
      const { max, maxBytes, oneOf } = shape.limits;
      if (oneOf) return ` (${oneOf.map((value) => `\`${value}\``).join(" \\| ")})`;
      return max ? ` (≤ ${max} characters)` : maxBytes ? ` (≤ ${maxBytes} bytes)` : "";
    }
    case "integer":
      return shape.max === Number.MAX_SAFE_INTEGER ? " (integer)" : ` (${shape.min}–${shape.max})`;
    case "number":
    case "boolean":
      return ` (${shape.kind})`;
    case "csv":
      return " (with commas)";
    case "list":
      return shape.item.shape.kind === "object" ? `[${textOf(shape.item)}]` : ` (list)${describe(shape.item)}`;
    case "object":
      return ` ${textOf({ shape, optional: false })}`;
    case "anything":
      return "";
  }
}
