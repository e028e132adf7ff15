import type { Account } from "../../account.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { getEip } from "./binding.ts";
import { eipsOf } from "./records.ts";

const PATH = "/v1/eipgroup/{groupId}";

const OPERATIONS = operations({
  MoveEipIn: {
    summary: "Moves addresses into a group that shares its bandwidth.",
    method: "PUT",
    path: PATH,
    when: "move_in",
    body: object({ eips: optional(list(text()), []) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  MoveEipOut: {
    summary: "Moves addresses out of a group.",
    method: "PUT",
    path: PATH,
    when: "move_out",
    body: object({ moveOutEips: optional(list(object({ eip: text() })), []) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Shared bandwidth: any group of the right form exists. */
export const groups = part(OPERATIONS, (account) => ({
  MoveEipIn: ({ params: { groupId }, body }) => move(account, groupId, body.eips, "", groupId),
  MoveEipOut: ({ params: { groupId }, body }) =>
    move(
      account,
      groupId,
      body.moveOutEips.map(({ eip }) => eip),
      groupId,
      "",
    ),
}));

function move(account: Account, groupId: string, addresses: readonly string[], from: string, to: string): object {
  if (!/^eg-/.test(groupId)) throw noSuchObject(groupId);
  if (addresses.length === 0) throw badRequest("expected one of the actions move_in, move_out, with addresses.");
  for (const { eip, shareGroupId } of addresses.map((address) => getEip(account, address))) {
    if (shareGroupId !== from) throw denied(`EIP ${eip} is in ${shareGroupId || "no group"}.`);
  }
  for (const address of addresses) eipsOf(account).patch(address, { shareGroupId: to });
  return {};
}
