import { badRequest } from "../../api/fault.ts";

/** The grammar of custom policies, of trust documents of roles, and of the ACLs that narrow temporary credentials. */
export interface PolicyDocument {
  readonly id?: string;
  readonly accessControlList: readonly PolicyEntry[];
}

export interface PolicyEntry {
  /** Without "bce:". */
  readonly service: string;
  readonly region: string;
  readonly effect: "Allow" | "Deny";
  readonly permission: readonly string[];
  readonly resource: readonly string[];
  /** IDs. Of trust documents. */
  readonly grantee: readonly string[];
}

/** One call, as policies see it. */
export interface Question {
  /** What policies call the product: one of these. */
  readonly services: readonly string[];
  readonly region: string;
  /** Any of these is enough: the level (READ, OPERATE) and the name of the operation. */
  readonly permissions: readonly string[];
  /** What the call names: "cce-xxxxxxxx". Empty when it is about no object in particular. */
  readonly resources: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
const EVERYTHING = ["*", "FULL_CONTROL"];

/** The text of a policy or a trust document. Throws the 400 of a document that is none. */
export function parseDocument(text: string, where: string): PolicyDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(`${where}: expected a JSON text.`);
  }
  return documentOf(value, where);
}

export function documentOf(value: unknown, where: string): PolicyDocument {
  const { id, accessControlList } = fieldsOf(value, where);
  if (!Array.isArray(accessControlList) || accessControlList.length === 0)
    throw badRequest(`${where}.accessControlList: expected a list that is not empty.`);
  const entries = accessControlList.map((entry, index) => entryOf(entry, `${where}.accessControlList[${index}]`));
  return { ...(typeof id === "string" ? { id } : {}), accessControlList: entries };
}

function entryOf(value: unknown, where: string): PolicyEntry {
  const { service, region, effect, permission, resource, grantee = [] } = fieldsOf(value, where);
  if (typeof service !== "string" || service === "") throw badRequest(`${where}.service: expected a service.`);
  if (effect !== "Allow" && effect !== "Deny") throw badRequest(`${where}.effect: expected Allow or Deny.`);
  const permissions = textsOf(permission, `${where}.permission`);
  if (permissions.length === 0) throw badRequest(`${where}.permission: expected a permission.`);
  if (!Array.isArray(grantee)) throw badRequest(`${where}.grantee: expected a list.`);
  return {
    service: service.replace(/^bce:/, ""),
    region: typeof region === "string" && region !== "" ? region : "*",
    effect,
    permission: permissions,
    resource: resource === undefined || resource === null ? ["*"] : textsOf(resource, `${where}.resource`),
    grantee: grantee.map((one, index) => String(fieldsOf(one, `${where}.grantee[${index}]`).id)),
  };
}

/** Arrays, or one plain text as in older documents. */
function textsOf(value: unknown, where: string): readonly string[] {
  const values = typeof value === "string" ? [value] : value;
  if (Array.isArray(values) && values.every((one) => typeof one === "string")) return values;
  throw badRequest(`${where}: expected a list of strings.`);
}

function fieldsOf(value: unknown, where: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw badRequest(`${where}: expected an object.`);
}

/** What documents say together: a Deny wins, and what nothing allows is not allowed. */
export function allows(documents: readonly PolicyDocument[], question: Question): boolean {
  const hits = documents.flatMap((one) => one.accessControlList).filter((entry) => concerns(entry, question));
  return hits.some(({ effect }) => effect === "Allow") && !hits.some(({ effect }) => effect === "Deny");
}

/** Whether a trust document lets one of these IDs assume its role. */
export function trusts({ accessControlList }: PolicyDocument, ids: readonly string[]): boolean {
  const hits = accessControlList.filter(
    ({ service, permission, grantee }) =>
      (service === "iam" || service === "*") &&
      permission.some((one) => EVERYTHING.includes(one) || one === "AssumeRole") &&
      grantee.some((id) => id === "*" || ids.includes(id)),
  );
  return hits.some(({ effect }) => effect === "Allow") && !hits.some(({ effect }) => effect === "Deny");
}

function concerns(entry: PolicyEntry, { services, region, permissions, resources }: Question): boolean {
  return (
    (entry.service === "*" || services.includes(entry.service)) &&
    (entry.region === "*" || entry.region.toLowerCase() === region) &&
    entry.permission.some((one) => EVERYTHING.includes(one) || permissions.includes(one)) &&
    entry.resource.some((one) => names(one, resources))
  );
}

/** "*", or "instance/i-xxxxxxxx" for a call that names this object. */
function names(pattern: string, resources: readonly string[]): boolean {
  if (pattern === "*" || pattern.endsWith("/*")) return true;
  return resources.includes(pattern.slice(pattern.lastIndexOf("/") + 1));
}
