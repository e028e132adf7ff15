/** What most kinds do with their two halves. */
import type { Stored } from "../json.ts";

export const keepStatus = (object: Stored, old: Stored): void => {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
};

export const keepSpec = (object: Stored, old: Stored): void => {
  if (old.spec === undefined) delete object.spec;
  else object.spec = old.spec;
};
