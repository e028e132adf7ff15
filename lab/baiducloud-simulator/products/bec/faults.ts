import { Fault } from "../../api/fault.ts";

/** BEC's own words for the refusals that all products share. */
export function notFound(what: string): Fault {
  return new Fault(404, "ResourceNotFound", `The resource ${what} does not exist.`);
}

export function limitExceeded(what: string): Fault {
  return new Fault(413, "LimitExceeded", `The quota of ${what} is used up.`);
}
