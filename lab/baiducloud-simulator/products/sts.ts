import type { Account } from "../account.ts";
import type { Access } from "../api/access.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import type { Router } from "../api/router.ts";

/** The role that the account has, which its keys may assume. */
export const ROLE = "ccm";
const LONGEST_SECONDS = 7200;

/** Temporary credentials of a role. */
export function createSts(account: Account, router: Router, access: Access): void {
  router.on("POST", "/v1/credential", (input) => {
    if (!input.has("assumeRole")) throw badRequest("expected the action assumeRole.");
    if (!input.param("accountId")) throw badRequest("accountId is required.");
    const roleName = input.param("roleName") ?? "";
    if (roleName === "") throw badRequest("roleName is required.");
    if (roleName !== ROLE) throw noSuchObject(`role ${roleName}`);
    const seconds = Number(input.param("durationSeconds") || LONGEST_SECONDS);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_SECONDS) {
      throw new Fault(400, "InvalidParam", `durationSeconds: expected 1 to ${LONGEST_SECONDS}.`);
    }
    const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = access.issueTemporary(seconds * 1000);
    return {
      accessKeyId,
      secretAccessKey,
      sessionToken,
      createTime: account.time(),
      expiration: new Date(expiresAt).toISOString(),
      userId: "lab",
      roleId: ROLE,
    };
  });
}
