import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { PRODUCTS } from "../products/index.ts";
import { openApiOf } from "./openapi.ts";
import { operationsOf } from "./operation.ts";
import { referencePageOf } from "./reference-page.ts";

const FOLDER = new URL("../../../docs/simulator/", import.meta.url);

describe("docs/simulator", () => {
  for (const product of PRODUCTS) {
    it(`${product.name}.md has every operation of the table (UPDATE_DOCS=1 writes it anew)`, async () => {
      const page = new URL(`${product.name}.md`, FOLDER);
      if (process.env.UPDATE_DOCS) {
        await mkdir(FOLDER, { recursive: true });
        await writeFile(page, referencePageOf(product));
      }
      assert.equal(await readFile(page, "utf8"), referencePageOf(product));
    });
  }
});

describe("the OpenAPI document", () => {
  for (const product of PRODUCTS) {
    it(`of ${product.name} has every operation, once per path and method`, () => {
      const { paths } = openApiOf(product) as { paths: Record<string, Record<string, { operationId: string }>> };
      for (const [name, { method, path, aliases = [] }] of operationsOf(product)) {
        for (const one of [path, ...aliases]) {
          const found = paths[one]?.[method.toLowerCase()];
          assert.ok(found?.operationId.includes(name), `${name} at ${method} ${one}`);
        }
      }
    });
  }
});

it("a name is of one operation in a product", () => {
  for (const product of PRODUCTS) {
    const names = operationsOf(product).map(([name]) => name);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
      product.name,
    );
  }
});
