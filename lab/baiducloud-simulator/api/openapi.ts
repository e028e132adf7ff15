import { type JsonSchema, jsonSchemaOf } from "./json-schema.ts";
import { type Operation, operationsOf, type Product } from "./operation.ts";

type Named = readonly [name: string, operation: Operation];

const ERROR = {
  type: "object",
  properties: { requestId: { type: "string" }, code: { type: "string" }, message: { type: "string" } },
  required: ["requestId", "code", "message"],
};

/**
 * The OpenAPI 3.1 document of a product. Where the query selects between operations of one method and path, they are one
 * operation there (that is all OpenAPI can say): `x-operations` names each with its action.
 */
export function openApiOf(product: Product): JsonSchema {
  const all = operationsOf(product).flatMap(([name, operation]) =>
    [operation.path, ...(operation.aliases ?? [])].map((path) => ({ path, named: [name, operation] as Named })),
  );
  const paths = Object.entries(Object.groupBy(all, ({ path }) => path)).map(([path, entries = []]) => {
    const byMethod = Object.groupBy(entries, ({ named }) => named[1].method.toLowerCase());
    const methods = Object.entries(byMethod).map(([method, group = []]) => [
      method,
      operationOf(
        path,
        group.map(({ named }) => named),
      ),
    ]);
    return [path, Object.fromEntries(methods)];
  });
  return {
    openapi: "3.1.0",
    info: { title: product.title, version: "1" },
    servers: product.hosts.map((host) => ({ url: `https://${host}.bj.baidubce.com` })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Error: ERROR },
      securitySchemes: { bceAuth: { type: "apiKey", in: "header", name: "Authorization" } },
    },
    security: [{ bceAuth: [] }],
  };
}

function operationOf(path: string, group: readonly Named[]): JsonSchema {
  const bodies = group.flatMap(([, { body }]) => (body ? [jsonSchemaOf(body)] : []));
  const answers = group.flatMap(([, { answer }]) => (answer ? [jsonSchemaOf(answer)] : []));
  const fields = new Map(group.flatMap(([, { query }]) => Object.entries(query ?? {})));
  const flags = group.flatMap(([, { when }]) => (when ? [when] : []));
  const queries = new Map<string, JsonSchema>(flags.map((flag) => [flag.split("=")[0] ?? "", { type: "string" }]));
  for (const [name, schema] of fields) queries.set(name, jsonSchemaOf(schema));
  const repeatable = group.some(([, { clientToken, method }]) => clientToken ?? method !== "GET");
  if (repeatable) queries.set("clientToken", { type: "string", maxLength: 64 });
  const codes = [...new Set(group.flatMap(([, { errors }]) => errors ?? []))];
  const alone = group.length === 1;
  return {
    operationId: group.map(([name]) => name).join("Or"),
    summary: group.map(([, { summary }]) => summary).join(" "),
    ...(alone && flags.length === 0
      ? {}
      : { "x-operations": group.map(([name, { when = "" }]) => ({ name, action: when })) }),
    parameters: [
      ...[...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
      ...[...queries].map(([name, schema]) => ({
        name,
        in: "query",
        ...(alone && fields.get(name)?.optional === false ? { required: true } : {}),
        schema,
      })),
    ],
    ...(bodies.length > 0 ? { requestBody: { content: contentOf(bodies) } } : {}),
    responses: {
      "200": { description: "Done.", ...(answers.length > 0 ? { content: contentOf(answers) } : {}) },
      default: {
        description: codes.length > 0 ? `A refusal: ${codes.join(", ")}.` : "A refusal.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

function contentOf(schemas: readonly JsonSchema[]): JsonSchema {
  return { "application/json": { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } } };
}
