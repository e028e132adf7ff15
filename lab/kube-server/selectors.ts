/** Label and field selectors, in the textual form of the query parameters. */
import { badRequest } from "./status-errors.ts";
import { labelKeyProblem, labelValueProblem } from "./validation.ts";

export type Requirement =
  | { readonly key: string; readonly op: "in" | "notin"; readonly values: readonly string[] }
  | { readonly key: string; readonly op: "exists" | "absent" }
  | { readonly key: string; readonly op: "above" | "below"; readonly than: bigint };

const WORD = /[^!=<>(),\s]+|==|!=|[!=<>(),]/gy;
const SPACE = /\s*/y;
const OPERATORS = "in, notin, =, ==, !=, gt, lt";
const isName = (token: string): boolean => token !== "" && !/^[!=<>(),]/.test(token);

/** Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,n>5`. Throws a 400 ApiError when it is not one. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const tokens = tokensOf(text);
  const requirements: Requirement[] = [];
  for (;;) {
    const next = tokens[0] ?? "";
    if (next === "") return requirements;
    if (next !== "!" && !isName(next)) throw badRequest(`found '${next}', expected: !, identifier, or 'end of string'`);
    requirements.push(requirement(tokens));
    const after = tokens.shift() ?? "";
    if (after === "") return requirements;
    if (after !== ",") throw badRequest(`found '${after}', expected: ',' or 'end of string'`);
    const following = tokens[0] ?? "";
    if (following !== "!" && !isName(following)) {
      throw badRequest(`found '${following}', expected: identifier after ','`);
    }
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; ) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    WORD.lastIndex = SPACE.lastIndex;
    const word = WORD.exec(text)?.[0];
    if (word === undefined) break;
    tokens.push(word);
    at = WORD.lastIndex;
  }
  return tokens;
}

const broken = (why: string) => badRequest(`unable to parse requirement: ${why}`);

function requirement(tokens: string[]): Requirement {
  const absent = tokens[0] === "!";
  if (absent) tokens.shift();
  const key = tokens.shift() ?? "";
  if (!isName(key)) throw broken(`found '${key}', expected: identifier`);
  const problem = labelKeyProblem(key);
  if (problem) throw broken(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`);
  const next = tokens[0] ?? "";
  if (absent) return { key, op: "absent" };
  if (next === "" || next === ",") return { key, op: "exists" };
  tokens.shift();
  switch (next) {
    case "in":
    case "notin":
      return { key, op: next, values: checked(key, valueSet(tokens)) };
    case "=":
    case "==":
      return { key, op: "in", values: checked(key, [exactValue(tokens)]) };
    case "!=":
      return { key, op: "notin", values: checked(key, [exactValue(tokens)]) };
    case ">":
    case "<": {
      const value = exactValue(tokens);
      if (!/^[+-]?\d+$/.test(value)) {
        const why = "for 'Gt', 'Lt' operators, the value must be an integer";
        throw broken(`values[0]: Invalid value: ${JSON.stringify(value)}: ${why}`);
      }
      return { key, op: next === ">" ? "above" : "below", than: BigInt(value.replace("+", "")) };
    }
  }
  throw broken(`found '${next}', expected: ${OPERATORS}`);
}

function exactValue(tokens: string[]): string {
  const next = tokens[0] ?? "";
  if (next === "" || next === ",") return "";
  tokens.shift();
  if (!isName(next)) throw broken(`found '${next}', expected: identifier`);
  return next;
}

function valueSet(tokens: string[]): string[] {
  const open = tokens.shift() ?? "";
  if (open !== "(") throw broken(`found '${open}' expected: '('`);
  const values: string[] = [];
  let last = "";
  for (;;) {
    const token = tokens.shift() ?? "";
    if (token === ")") {
      if (!isName(last)) values.push("");
      return values;
    }
    if (isName(token)) {
      const next = tokens[0] ?? "";
      if (next !== "," && next !== ")") throw broken(`found '${next}', expected: ',' or ')'`);
      values.push(token);
    } else if (token === ",") {
      if (!isName(last)) values.push("");
    } else if (last === "") throw broken(`found '${token}', expected: ',', ')' or identifier`);
    else throw broken(`found '${token}', expected: ',', or identifier`);
    last = token;
  }
}

function checked(key: string, values: readonly string[]): readonly string[] {
  values.forEach((value, index) => {
    const problem = labelValueProblem(value);
    if (problem) throw broken(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
  });
  return values;
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
      case "above":
      case "below": {
        if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
        const number = BigInt(value.replace("+", ""));
        return requirement.op === "above" ? number > requirement.than : number < requirement.than;
      }
    }
    throw new RangeError("unknown operator");
  });
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
    const match = /^([^=!]*)(==|=|!=)(.*)$/s.exec(part);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = "", operator, value = ""] = match;
    const loose = /(?:^|[^\\])(?:\\\\)*([=,])/.exec(value)?.[1];
    if (loose) throw badRequest(`invalid field selector: unescaped character in value: ${loose.charCodeAt(0)}`);
    return { field, equals: operator !== "!=", value: value.replace(/\\(.)/gs, "$1") };
  });
}
