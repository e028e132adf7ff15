import { parse as parseYaml } from "yaml";
import { badRequest } from "../api/fault.ts";
import { type GivenRule, PRESETS } from "./presets.ts";
import { parseRule } from "./rules.ts";

/**
 * The rules of a file of `--faults`: YAML, a list of rules or {presets: [names], rules: [rules]}. Throws a Fault that says
 * which rule is wrong, and how.
 */
export function parseFaultsFile(text: string): readonly GivenRule[] {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw badRequest(`expected YAML: ${String((error as Error).message).split("\n")[0]}`);
  }
  const { presets = [], rules = [], ...others } = sectionsOf(value);
  const [other] = Object.keys(others);
  if (other !== undefined) throw badRequest(`${other} is unknown: expected presets, rules.`);
  if (!Array.isArray(presets)) throw badRequest("presets: expected a list of names.");
  if (!Array.isArray(rules)) throw badRequest("rules: expected a list of rules.");
  for (const [index, rule] of rules.entries()) parseRule(rule, `rule ${index + 1}`);
  return [...presets.flatMap((name) => presetNamed(String(name))), ...rules];
}

/** Throws a Fault that names those that there are. */
export function presetNamed(name: string): readonly GivenRule[] {
  if (Object.hasOwn(PRESETS, name)) return PRESETS[name]?.rules ?? [];
  throw badRequest(`preset "${name}": expected one of ${Object.keys(PRESETS).join(", ")}.`);
}

function sectionsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) return { rules: value };
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw badRequest("expected a list of rules, or presets and rules.");
}
