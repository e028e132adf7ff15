import { Fault, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";

/** The role that each account has, which its keys may assume. */
export const ROLE = "ccm";
const LONGEST_SECONDS = 7200;

const OPERATIONS = operations({
  AssumeRole: {
    summary: "Temporary credentials of a role.",
    method: "POST",
    path: "/v1/credential",
    when: "assumeRole",
    clientToken: false,
    query: {
      accountId: text(),
      roleName: text(),
      durationSeconds: optional(integer(Number.MIN_SAFE_INTEGER), LONGEST_SECONDS),
    },
    answer: object({
      accessKeyId: text(),
      secretAccessKey: text(),
      sessionToken: text(),
      createTime: text(),
      expiration: text(),
      userId: text(),
      roleId: text(),
    }),
    errors: ["NoSuchObject", "InvalidParam"],
  },
});

const credentials = part(OPERATIONS, (account) => ({
  AssumeRole({ query }) {
    const { roleName, durationSeconds: seconds } = query;
    if (roleName !== ROLE) throw noSuchObject(`role ${roleName}`);
    if (seconds < 1 || seconds > LONGEST_SECONDS)
      throw new Fault(400, "InvalidParam", `durationSeconds: expected 1 to ${LONGEST_SECONDS}.`);
    const key = account.access.issueTemporary(account.id, seconds * 1000);
    return {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
      sessionToken: key.sessionToken,
      createTime: account.time(),
      expiration: new Date(key.expiresAt).toISOString(),
      userId: account.id,
      roleId: ROLE,
    };
  },
}));

export const STS: Product = { name: "sts", title: "STS: temporary credentials", hosts: ["sts"], parts: [credentials] };
