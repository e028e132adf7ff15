/** Label and field selectors, in the textual form of the query parameters. */
import { badRequest } from "./status-errors.ts";

export type Requirement =
  | { readonly key: string; readonly op: "in" | "notin"; readonly values: readonly string[] }
  | { readonly key: string; readonly op: "exists" | "absent" };

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws a 400 ApiError when it is not one. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  return splitOutsideParentheses(text).map((part) => requirement(part.trim(), text));
}

export function matchesLabels(requirements: readonly Requirement[], labels: Readonly<Record<string, string>>): boolean {
  return requirements.every((requirement) => {
    const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    switch (requirement.op) {
      case "exists":
        return value !== undefined;
      case "absent":
        return value === undefined;
      case "in":
        return value !== undefined && requirement.values.includes(value);
      case "notin":
        return value === undefined || !requirement.values.includes(value);
    }
    throw new RangeError("unknown operator");
  });
}

function requirement(part: string, whole: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set) {
    const values = (set[3] ?? "").split(",").map((value) => value.trim());
    return checked({ key: set[1] ?? "", op: set[2] === "in" ? "in" : "notin", values }, whole);
  }
  const equality = /^([^!=<>\s]+)\s*(==|=|!=)\s*([^!=<>\s]*)$/.exec(part);
  if (equality) {
    const op = equality[2] === "!=" ? "notin" : "in";
    return checked({ key: equality[1] ?? "", op, values: [equality[3] ?? ""] }, whole);
  }
  const absent = /^!\s*(\S+)$/.exec(part);
  if (absent) return checked({ key: absent[1] ?? "", op: "absent" }, whole);
  return checked({ key: part, op: "exists" }, whole);
}

function checked(requirement: Requirement, whole: string): Requirement {
  if (!KEY.test(requirement.key)) {
    throw badRequest(`unable to parse requirement: invalid label key "${requirement.key}" in selector "${whole}"`);
  }
  if ("values" in requirement) {
    for (const value of requirement.values) {
      if (!VALUE.test(value) || value.length > 63) {
        throw badRequest(`unable to parse requirement: invalid label value "${value}" in selector "${whole}"`);
      }
    }
  }
  return requirement;
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")") depth--;
    if (text[i] === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (depth !== 0) throw badRequest(`unable to parse selector "${text}": unbalanced parentheses`);
  if (text.trim() !== "") parts.push(text.slice(start));
  return parts;
}

export interface FieldTerm {
  readonly field: string;
  readonly equals: boolean;
  readonly value: string;
}

/** Parses `metadata.name=a,spec.nodeName!=b`; a backslash quotes a comma, an equals sign or itself in a value. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  const parts = text.match(/(\\.|[^,\\])+/gs) ?? [];
  return parts.map((part) => {
    const match = /^([^=!]+)(==|=|!=)((?:\\.|[^\\=])*)$/s.exec(part.trim());
    if (!match) throw badRequest(`invalid field selector "${text}": expected field=value or field!=value`);
    const value = (match[3] ?? "").replace(/\\(.)/gs, "$1");
    return { field: (match[1] ?? "").trim(), equals: match[2] !== "!=", value };
  });
}
