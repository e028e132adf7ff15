import { createHash } from "node:crypto";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, Fault, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, optional, text } from "../../api/schema.ts";
import { getKeypair } from "./keypair-model.ts";
import { liveInstance } from "./lifecycle.ts";
import { BATCH_RESULT } from "./power.ts";
import { instancesOf, type Keypair, keypairsOf } from "./records.ts";

const NAME = text({ max: 65, pattern: /^[\p{L}][\p{L}\p{N}\-_/.]*$/u, hint: "letters, digits and -_/." });
const DESCRIPTION = optional(text({ max: 200 }), "");
const KEYPAIR = {
  keypairId: text(),
  name: text(),
  description: ANY_TEXT,
  publicKey: text(),
  regionId: text(),
  fingerPrint: text(),
  instanceCount: integer(),
  createdTime: text(),
};
const ONE = object({ keypair: object({ ...KEYPAIR, privateKey: optional(text()) }) });
const PATH = "/v2/keypair/{keypairId}";
const IDS = object({ instanceIds: list(text(), 100) });
const UNKNOWN = ["Keypair.KeypairNotExist"] as const;

const OPERATIONS = operations({
  CreateKeypair: {
    summary: "Makes a key pair; its private half is told this once.",
    method: "POST",
    path: "/v2/keypair",
    body: object({ name: NAME, description: DESCRIPTION }),
    answer: ONE,
    errors: ["Keypair.KeypairNameDuplicated", "QuotaLimitExceeded"],
  },
  ImportKeypair: {
    summary: "Takes a public key.",
    method: "PUT",
    path: "/v2/keypair",
    when: "import",
    body: object({ name: NAME, description: DESCRIPTION, publicKey: text() }),
    answer: ONE,
    errors: ["Keypair.KeypairNameDuplicated", "QuotaLimitExceeded"],
  },
  ListKeypairs: {
    summary: "Lists key pairs.",
    method: "GET",
    path: "/v2/keypair",
    query: { ...PAGING, name: optional(text()) },
    answer: pageOf("keypairs", object(KEYPAIR)),
  },
  GetKeypair: {
    summary: "One key pair.",
    method: "GET",
    path: PATH,
    answer: ONE,
    errors: UNKNOWN,
  },
  AttachKeypair: {
    summary: "Lets the key into machines that are switched off.",
    method: "PUT",
    path: PATH,
    when: "attach",
    body: IDS,
    answer: BATCH_RESULT,
    errors: [...UNKNOWN, "NoSuchObject"],
  },
  DetachKeypair: {
    summary: "Lets the key no longer into machines.",
    method: "PUT",
    path: PATH,
    when: "detach",
    body: IDS,
    answer: BATCH_RESULT,
    errors: [...UNKNOWN, "NoSuchObject"],
  },
  DeleteKeypair: {
    summary: "Deletes a key pair that no machine has.",
    method: "DELETE",
    path: PATH,
    errors: [...UNKNOWN, "OperationDenied"],
  },
  RenameKeypair: {
    summary: "Renames a key pair.",
    method: "PUT",
    path: PATH,
    when: "rename",
    body: object({ name: NAME }),
    errors: [...UNKNOWN, "Keypair.KeypairNameDuplicated"],
  },
  UpdateKeypairDescription: {
    summary: "Changes the description.",
    method: "PUT",
    path: PATH,
    when: "updateDesc",
    body: object({ description: DESCRIPTION }),
    errors: UNKNOWN,
  },
});

/** Key pairs for SSH. The keys have the right form, and open nothing. */
export const keypairs = part(OPERATIONS, (account) => {
  const all = keypairsOf(account);
  const holders = (keypairId: string) =>
    instancesOf(account)
      .all()
      .filter((one) => one.keypairId === keypairId);
  const view = (keypair: Keypair) => ({
    ...keypair,
    regionId: account.region,
    instanceCount: holders(keypair.keypairId).length,
  });
  const checkName = (name: string): void => {
    if (all.all().some((one) => one.name === name))
      throw new Fault(409, "Keypair.KeypairNameDuplicated", `There is a key pair ${name} already.`);
  };
  const add = (name: string, description: string, publicKey: string): Keypair => {
    checkName(name);
    if (all.size >= account.quotas.keypairs) throw quotaExceeded("key pairs");
    const keypairId = account.newId("k");
    const digest = createHash("md5").update(publicKey).digest("hex");
    const fingerPrint = (digest.match(/../g) ?? []).join(":");
    const keypair = { keypairId, name, description, publicKey, fingerPrint, createdTime: account.time() };
    all.set(keypairId, keypair);
    return keypair;
  };
  const text64 = () => Buffer.from(`${account.random.uuid()}${account.random.uuid()}`).toString("base64");
  const change = (keypairId: string, ids: readonly string[], fits: (id: string) => boolean, after: string) => {
    getKeypair(account, keypairId);
    for (const id of ids) liveInstance(account, id, "bcc");
    for (const id of ids) if (fits(id)) instancesOf(account).patch(id, { keypairId: after });
    return { requestId: account.random.uuid(), failedInstanceIdList: ids.filter((id) => !fits(id) && after !== "") };
  };

  return {
    CreateKeypair({ body }) {
      const keypair = add(body.name, body.description, `ssh-rsa ${text64()} ${body.name}`);
      const frame = (word: string) => `-----${word} RSA PRIVATE KEY-----`;
      return { keypair: { ...view(keypair), privateKey: `${frame("BEGIN")}\n${text64()}\n${frame("END")}\n` } };
    },
    ImportKeypair({ body }) {
      if (!/^ssh-\S+ \S+/.test(body.publicKey)) throw badRequest("publicKey: expected a key such as ssh-rsa ….");
      return { keypair: view(add(body.name, body.description, body.publicKey)) };
    },
    ListKeypairs({ query }) {
      const chosen = all.all().filter(({ name }) => !query.name || name === query.name);
      return page(query, "keypairs", chosen.map(view), ({ keypairId }) => keypairId);
    },
    GetKeypair: ({ params }) => ({ keypair: view(getKeypair(account, params.keypairId)) }),
    AttachKeypair({ params: { keypairId }, body }) {
      const status = new Map(body.instanceIds.map((id) => [id, instancesOf(account).get(id)?.status]));
      return change(keypairId, body.instanceIds, (id) => status.get(id) === "Stopped", keypairId);
    },
    DetachKeypair({ params: { keypairId }, body }) {
      return change(keypairId, body.instanceIds, (id) => instancesOf(account).get(id)?.keypairId === keypairId, "");
    },
    DeleteKeypair({ params: { keypairId } }) {
      getKeypair(account, keypairId);
      const [holder] = holders(keypairId);
      if (holder) throw denied(`key pair ${keypairId} is in use: ${holder.id} has it.`);
      all.delete(keypairId);
      return {};
    },
    RenameKeypair({ params: { keypairId }, body }) {
      const { name } = getKeypair(account, keypairId);
      if (name !== body.name) checkName(body.name);
      all.patch(keypairId, { name: body.name });
      return {};
    },
    UpdateKeypairDescription({ params, body }) {
      all.patch(getKeypair(account, params.keypairId).keypairId, { description: body.description });
      return {};
    },
  };
});
