/** Takes out of the answers what differs from run to run: ids, times, versions, addresses and ports that were given out. */
import { parse } from "yaml";
import { type Fields, isFields, textOf } from "../json.ts";
import type { Outcome } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** A name is made of so much of a prefix, and five letters. */
const MAX_PREFIX = 58;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const CLUSTER_IP = /\b10\.0\.\d+\.\d+\b/g;
const NODE_PORT = /\b3[0-2]\d{3}\b/g;

/** Numbers the different values of each sort in order of appearance, so that equal ones stay equal. What the scenario itself names is kept. */
export function normalise(scenario: Scenario, outcomes: readonly Outcome[], namespace: string): unknown {
  const given = JSON.stringify(scenario);
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const named = (sort: string, value: string): string => {
    const key = `${sort}/${value}`;
    let name = names.get(key);
    if (name === undefined) {
      const count = (counts.get(sort) ?? 0) + 1;
      counts.set(sort, count);
      name = `<${sort} ${count}>`;
      names.set(key, name);
    }
    return name;
  };
  const unlessGiven = (sort: string) => (value: string) => (given.includes(value) ? value : named(sort, value));
  const generated = new Set<string>();
  const prefixes = [...given.matchAll(/"generateName":"([^"]+)"/g)].map((match) =>
    textOf(match[1]).slice(0, MAX_PREFIX),
  );
  findGenerated(outcomes, prefixes, generated);
  const text = (value: string): string => {
    let result = value.replaceAll(namespace, "{ns}");
    for (const name of generated) result = result.replaceAll(name, `<generated ${[...generated].indexOf(name)}>`);
    return (
      result
        .replace(/^\d+s$/, "<age>")
        .replace(UUID, unlessGiven("uid"))
        .replace(TIME, (time) => (given.includes(time) ? time : "<time>"))
        .replace(CLUSTER_IP, unlessGiven("ip"))
        .replace(NODE_PORT, unlessGiven("port"))
        .replace(/(object meta: |in record \(|current: |resource version: \d+ \()\d+/gi, "$1<version>")
        // The patched object in Go's order of fields, what Go says of broken JSON and YAML, and the difference of two Pods.
        .replace(/^(.*patch: )?(Invalid value: )"(\{.*\}|map\[.*\])": /s, "$1$2<patched>: ")
        .replace(/(json parse error:|yaml:|continue key is not valid: invalid character).*/s, "$1 <syntax>")
        .replace(/\n@@ .*/s, "")
        .replace(/(.)\1{999,}/g, (all, letter) => `<${all.length} times ${letter}>`)
    );
  };
  const walk = (value: unknown, key: string, owner: Fields): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, key, owner));
    if (isFields(value)) {
      const shown = columnsWithoutTexts(value);
      return Object.fromEntries(
        Object.entries(shown)
          .filter(([name]) => name !== "managedFields")
          .map(([name, one]) => [name, walk(one, name, value)]),
      );
    }
    if (key === "resourceVersion" && value !== "") {
      const ofObject = "uid" in owner || "creationTimestamp" in owner;
      return ofObject ? named("version", textOf(value)) : "<version>";
    }
    if (key === "continue") return "<continue>";
    if (typeof value === "number" && /nodePort$/i.test(key)) {
      return given.includes(String(value)) ? value : named("port", String(value));
    }
    return typeof value === "string" ? text(value) : value;
  };
  return outcomes.map((outcome) => {
    const yaml = outcome.contentType.includes("yaml");
    return walk(yaml ? { ...outcome, body: parse(textOf(outcome.body)) } : outcome, "", {});
  });
}

/** The words of a table's column descriptions are the API's documentation, not behaviour. */
function columnsWithoutTexts(value: Fields): Fields {
  if (!Array.isArray(value.columnDefinitions)) return value;
  return {
    ...value,
    columnDefinitions: value.columnDefinitions.map(({ description: _description, ...column }: Fields) => column),
  };
}

function findGenerated(value: unknown, prefixes: readonly string[], found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) findGenerated(item, prefixes, found);
  if (!isFields(value)) return;
  const name = textOf(value.name);
  if (prefixes.some((prefix) => name.startsWith(prefix) && name.length === prefix.length + 5)) found.add(name);
  for (const one of Object.values(value)) findGenerated(one, prefixes, found);
}

/** Where two normalised values differ: "body.spec.type: real … ours …". */
export function differences(real: unknown, ours: unknown, path = ""): string[] {
  if (Array.isArray(real) && Array.isArray(ours) && real.length === ours.length) {
    return real.flatMap((item, index) => differences(item, ours[index], `${path}[${index}]`));
  }
  if (isFields(real) && isFields(ours)) {
    const names = new Set([...Object.keys(real), ...Object.keys(ours)]);
    return [...names].flatMap((name) => differences(real[name], ours[name], path === "" ? name : `${path}.${name}`));
  }
  const [left, right] = [real, ours].map((value) => JSON.stringify(value) ?? "nothing");
  return left === right ? [] : [`${path}: real ${left}, ours ${right}`];
}
