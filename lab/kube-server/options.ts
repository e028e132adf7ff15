/** The query parameters and DeleteOptions, checked as the API server checks them. */
import { type Fields, listOf, textOf } from "./json.ts";
import { invalid } from "./status-errors.ts";
import { FieldErrors } from "./validation.ts";

type Verb = "Create" | "Update" | "Patch" | "Delete" | "List";
const VALIDATIONS = ["", "Ignore", "Strict", "Warn"];
const POLICIES = ["Foreground", "Background", "Orphan"];

function throwIf(errors: FieldErrors, verb: Verb): void {
  if (errors.causes.length === 0) return;
  throw invalid({ group: "meta.k8s.io", plural: "", kind: `${verb}Options`, name: "" }, errors.causes);
}

/** Whether nothing is to be stored. Throws a 422 for values that do not exist. */
export function checkWriteOptions(verb: "Create" | "Update" | "Patch", query: URLSearchParams): boolean {
  const errors = new FieldErrors();
  const dryRun = query.getAll("dryRun").filter((one) => one !== "");
  checkDryRun(dryRun, errors);
  const validation = query.get("fieldValidation") ?? "";
  if (!VALIDATIONS.includes(validation)) errors.unsupported("fieldValidation", validation, VALIDATIONS);
  throwIf(errors, verb);
  return dryRun.length > 0;
}

function checkDryRun(dryRun: readonly unknown[], errors: FieldErrors): void {
  if (dryRun.some((one) => one !== "All")) errors.unsupported("dryRun", dryRun, ["All"]);
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Seconds; undefined: what the object says. */
  readonly grace: number | undefined;
  /** The finalizer that stands for what is to become of dependents. */
  readonly dependents: "foregroundDeletion" | "orphan" | undefined;
}

/** The body wins over the query, as a whole. Throws a 422 for values that do not exist. */
export function deleteOptions(body: Fields, query: URLSearchParams): DeleteOptions {
  const fromQuery = Object.keys(body).length === 0;
  const read = (name: string): unknown => (fromQuery ? (query.get(name) ?? undefined) : body[name]);
  const dryRun = fromQuery ? query.getAll("dryRun") : listOf(body.dryRun);
  const policy = read("propagationPolicy");
  const errors = new FieldErrors();
  if (policy !== undefined && body.orphanDependents !== undefined) {
    errors.invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set");
  } else if (policy !== undefined && !POLICIES.includes(textOf(policy))) {
    errors.unsupported("propagationPolicy", policy, [...POLICIES, "nil"]);
  }
  checkDryRun(dryRun, errors);
  throwIf(errors, "Delete");
  const preconditions = (body.preconditions ?? {}) as Fields;
  const grace = read("gracePeriodSeconds");
  return {
    dryRun: dryRun.length > 0,
    uid: textOf(preconditions.uid),
    resourceVersion: textOf(preconditions.resourceVersion),
    grace: grace === undefined || grace === null || Number(grace) < 0 ? undefined : Number(grace),
    dependents:
      policy === "Foreground"
        ? "foregroundDeletion"
        : policy === "Orphan" || body.orphanDependents === true
          ? "orphan"
          : undefined,
  };
}

/** Throws a 422 for parameters that exclude each other. */
export function checkListOptions(query: URLSearchParams, watching: boolean): void {
  const errors = new FieldErrors();
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents");
  const field = "resourceVersionMatch";
  if (watching) {
    if (initial === null) {
      if (match !== "") errors.forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`);
    } else if (match !== "NotOlderThan") {
      errors.forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`);
      if (match !== "") errors.unsupported(field, match, ["NotOlderThan"]);
    }
  } else {
    if (match !== "") {
      if (version === "") errors.forbidden(field, `${field} is forbidden unless resourceVersion is provided`);
      if (query.get("continue")) errors.forbidden(field, `${field} is forbidden when continue is provided`);
      if (match !== "Exact" && match !== "NotOlderThan") {
        errors.unsupported(field, match, ["Exact", "NotOlderThan", ""]);
      }
      if (match === "Exact" && version === "0") {
        errors.forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`);
      }
    }
    if (initial !== null) errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
  throwIf(errors, "List");
}
