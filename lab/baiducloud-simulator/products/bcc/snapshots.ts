import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, object, optional, text } from "../../api/schema.ts";
import { instancesOf, type Snapshot, snapshotsOf, volumesOf } from "./records.ts";
import { enter, getVolume } from "./volume-model.ts";
import { systemVolumeId } from "./volume-view.ts";

const CREATED = "snapshot.created";
const PATH = "/v2/snapshot/{snapshotId}";
const NAME = text({ max: 65 });
const DESC = optional(text({ max: 255 }), "");
const DAYS = optional(integer(0, 65_536), 0);
const SNAPSHOT = object({
  id: text(),
  name: text(),
  desc: ANY_TEXT,
  sizeInGB: integer(),
  createTime: text(),
  expireTime: ANY_TEXT,
  status: text(),
  createMethod: text(),
  volumeId: text(),
  templateId: ANY_TEXT,
  insnapId: ANY_TEXT,
  package: boolean(),
  encrypted: boolean(),
  progress: text(),
  tags: TAGS,
});

const OPERATIONS = operations({
  ListSnapshots: {
    summary: "Lists snapshots: all, or those of a disk.",
    method: "GET",
    path: "/v2/snapshot",
    query: { ...PAGING, volumeId: optional(text()) },
    answer: pageOf("snapshots", SNAPSHOT),
  },
  GetSnapshot: {
    summary: "One snapshot.",
    method: "GET",
    path: PATH,
    answer: object({ snapshot: SNAPSHOT }),
    errors: ["NoSuchObject"],
  },
  CreateSnapshot: {
    summary: "Keeps what a disk of a machine has now; it is Creating for a while.",
    method: "POST",
    path: "/v2/snapshot",
    delay: "imageCreate",
    body: object({ volumeId: text(), snapshotName: NAME, desc: DESC, tags: TAGS, retentionInDays: DAYS }),
    answer: object({ snapshotId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ModifySnapshotAttribute: {
    summary: "Changes the name, the description or how long it is kept.",
    method: "PUT",
    path: PATH,
    when: "modifyAttribute",
    body: object({
      snapshotName: optional(NAME),
      desc: optional(text({ max: 255 })),
      retentionInDays: optional(integer(0, 65_536)),
    }),
    errors: ["NoSuchObject"],
  },
  DeleteSnapshot: {
    summary: "Deletes a snapshot.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RollbackVolume: {
    summary: "Gives a free disk what one of its snapshots has.",
    method: "PUT",
    path: "/v2/volume/{volumeId}",
    when: "rollback",
    delay: "volumeAttach",
    body: object({ snapshotId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Snapshots of disks. What is on a disk is nowhere, so a snapshot is a name, a size and the image of a system disk. */
export const snapshots = part(OPERATIONS, (account) => {
  const all = snapshotsOf(account);
  account.store.on(CREATED, (id) => void all.patch(id, { status: "Available" }));
  return {
    ListSnapshots({ query }) {
      const chosen = all.all().filter(({ volumeId }) => !query.volumeId || volumeId === query.volumeId);
      return page(query, "snapshots", chosen.map(view), ({ id }) => id);
    },
    GetSnapshot: ({ params }) => ({ snapshot: view(getSnapshot(account, params.snapshotId)) }),
    CreateSnapshot({ body }) {
      const { volumeId, snapshotName: name, desc, tags, retentionInDays } = body;
      const source = sourceOf(account, volumeId);
      const id = account.newId("s");
      const createTime = account.time();
      const expireTime = untilOf(createTime, retentionInDays);
      all.set(id, { id, name, desc, tags, volumeId, ...source, createTime, expireTime, status: "Creating" });
      account.store.schedule(CREATED, id, account.timings.imageCreate);
      return { snapshotId: id };
    },
    ModifySnapshotAttribute({ params: { snapshotId }, body }) {
      const before = getSnapshot(account, snapshotId);
      const { retentionInDays: days } = body;
      all.patch(snapshotId, {
        name: body.snapshotName || before.name,
        desc: body.desc ?? before.desc,
        expireTime: days === undefined ? before.expireTime : untilOf(before.createTime, days),
      });
      return {};
    },
    DeleteSnapshot({ params: { snapshotId } }) {
      const { status } = getSnapshot(account, snapshotId);
      if (status === "Creating") throw denied(`snapshot ${snapshotId} is Creating.`);
      all.delete(snapshotId);
      return {};
    },
    RollbackVolume({ params: { volumeId }, body }) {
      const { status } = getVolume(account, volumeId);
      const snapshot = getSnapshot(account, body.snapshotId);
      if (snapshot.volumeId !== volumeId) throw badRequest(`snapshotId: ${snapshot.id} is of ${snapshot.volumeId}.`);
      if (snapshot.status !== "Available") throw denied(`snapshot ${snapshot.id} is ${snapshot.status}.`);
      if (status !== "Available") throw denied(`volume ${volumeId} is ${status}: it must be Available.`);
      enter(account, volumeId, "SnapshotProcessing", "Available", account.timings.volumeAttach);
      return {};
    },
  };
});

export function getSnapshot(account: Account, id: string): Snapshot {
  const snapshot = snapshotsOf(account).get(id);
  if (!snapshot) throw noSuchObject(id);
  return snapshot;
}

/** The size of a disk and, of a system disk, its image. */
function sourceOf(account: Account, volumeId: string): Pick<Snapshot, "sizeInGB" | "imageId"> {
  const data = volumesOf(account).get(volumeId);
  if (data) {
    if (data.status !== "Available" && data.status !== "InUse") throw denied(`volume ${volumeId} is ${data.status}.`);
    return { sizeInGB: data.diskSizeInGB, imageId: "" };
  }
  const machine = instancesOf(account)
    .all()
    .find(({ id, product }) => product !== "bbc" && systemVolumeId(id) === volumeId);
  if (!machine) throw noSuchObject(volumeId);
  return { sizeInGB: machine.rootDiskSizeInGb, imageId: machine.imageId };
}

/** 0 days: for ever. */
function untilOf(from: string, days: number): string {
  if (days === 0) return "";
  return new Date(Date.parse(from) + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
}

function view({ imageId: _, ...snapshot }: Snapshot) {
  return {
    ...snapshot,
    createMethod: "manual",
    templateId: "",
    insnapId: "",
    package: false,
    encrypted: false,
    progress: snapshot.status === "Available" ? "100" : "0",
  };
}
