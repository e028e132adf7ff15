import assert from "node:assert/strict";
import { it } from "node:test";
import { createLogger, LOG_LEVELS } from "./logger.ts";

it("each line carries its level, its text, and the fields of all loggers above it", () => {
  const lines: unknown[] = [];
  const logger = createLogger((...line) => lines.push(line), { app: "a" });
  const inner = logger.with({ node: "n1" });
  inner.warn("no address", { node: "n2", ip: "10.0.0.1" });
  logger.info("started");
  assert.deepEqual(lines, [
    ["warn", "no address", { app: "a", node: "n2", ip: "10.0.0.1" }],
    ["info", "started", { app: "a" }],
  ]);
  for (const level of LOG_LEVELS) logger[level]("x");
  assert.deepEqual(
    lines.slice(2).map((line) => (line as [string])[0]),
    LOG_LEVELS,
  );
});
