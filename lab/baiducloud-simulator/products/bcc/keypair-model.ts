import type { Account } from "../../account.ts";
import { Fault } from "../../api/fault.ts";
import { type Keypair, keypairsOf } from "./records.ts";

export function getKeypair(account: Account, keypairId: string): Keypair {
  const keypair = keypairsOf(account).get(keypairId);
  if (!keypair) throw new Fault(404, "Keypair.KeypairNotExist", `The key pair ${keypairId} does not exist.`);
  return keypair;
}
