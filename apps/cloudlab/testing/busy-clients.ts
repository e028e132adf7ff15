import assert from "node:assert/strict";
import { integer, type Random } from "@ccm/base";
import { type Ready, sendSigned } from "./command.ts";

type Json = Readonly<Record<string, unknown>>;
type Request = readonly [line: string, body?: unknown];

/** A kind of object that clients make, change and delete. Its value is what they change. */
interface Kind {
  create(place: Place, value: string): Request;
  idOf(answer: Json): string;
  change?(id: string, value: string): Request;
  remove(id: string): Request;
  readonly list: string;
  entriesOf(answer: Json): readonly Entry[];
}

interface Place {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zoneName: string;
}

interface Entry {
  readonly id: string;
  readonly value: string;
}

const POSTPAID = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
const entries = (list: unknown, id: string, value: string): readonly Entry[] =>
  (list as readonly Json[]).map((one) => ({ id: String(one[id]), value: String(one[value]) }));

const KINDS: readonly Kind[] = [
  {
    create: (_, value) => ["POST /v1/eip", { billing: POSTPAID, bandwidthInMbps: Number(value) }],
    idOf: ({ eip }) => String(eip),
    change: (id, value) => [`PUT /v1/eip/${id}?resize`, { newBandwidthInMbps: Number(value) }],
    remove: (id) => [`DELETE /v1/eip/${id}`],
    list: "GET /v1/eip?maxKeys=1000",
    entriesOf: ({ eipList }) => entries(eipList, "eip", "bandwidthInMbps"),
  },
  {
    create: ({ vpcId, subnetId }, value) => ["POST /v1/blb", { vpcId, subnetId, name: `n${value}` }],
    idOf: ({ blbId }) => String(blbId),
    change: (id, value) => [`PUT /v1/blb/${id}`, { name: `n${value}` }],
    remove: (id) => [`DELETE /v1/blb/${id}`],
    list: "GET /v1/blb?maxKeys=1000",
    entriesOf: ({ blbList }) => entries(blbList, "blbId", "name"),
  },
  {
    create: ({ subnetId, zoneName }, value) => [
      "POST /v2/instanceBySpec",
      {
        imageId: "m-lab00000",
        spec: "bcc.g5.c2m8",
        zoneName,
        billing: { paymentTiming: "Postpaid" },
        subnetId,
        name: `n${value}`,
      },
    ],
    idOf: ({ instanceIds }) => String((instanceIds as readonly string[])[0]),
    change: (id, value) => [`PUT /v2/instance/${id}?modifyAttribute`, { name: `n${value}` }],
    remove: (id) => [`DELETE /v2/instance/${id}`],
    list: "GET /v2/instance?maxKeys=1000",
    entriesOf: ({ instances }) => entries(instances, "id", "name"),
  },
  {
    create: ({ vpcId }, value) => ["POST /v2/securityGroup", { vpcId, name: `n${value}` }],
    idOf: ({ securityGroupId }) => String(securityGroupId),
    remove: (id) => [`DELETE /v2/securityGroup/${id}`],
    list: "GET /v2/securityGroup?maxKeys=1000",
    entriesOf: ({ securityGroups }) => entries(securityGroups, "id", "name"),
  },
];
/** Of one kind, by one client: less than the quotas allow to all. */
const MOST = 3;
const MOST_VALUE = 100;

/** What a client knows of one of its objects: `undefined` where it knows of none. */
interface Known {
  readonly kind: Kind;
  readonly token: string;
  readonly request: Request;
  /** From the answer to its creation. */
  id: string | undefined;
  /** What was acknowledged last; undefined: that it is gone, or not yet that it is there. */
  value: string | undefined;
  /** Of a call whose answer has not come: what it would have come to. */
  asked?: { readonly value: string | undefined };
}

export interface BusyClients {
  /** Calls of all clients at once, until the process is killed: `onAnswer` may do it. */
  work(ready: Ready, onAnswer: () => void): Promise<void>;
  /** Throws where something that was acknowledged is not there, or something is there that nobody asked for. */
  check(ready: Ready): Promise<void>;
}

/** Clients of the cloud's API that remember what they were told. */
export function createBusyClients(random: Random, count: number): BusyClients {
  const clients: readonly Known[][] = Array.from({ length: count }, () => []);
  const foreign = new Set<string>();
  let made = 0;

  const call = async (
    ready: Ready,
    [line, body]: Request,
  ): Promise<{ readonly done: boolean; readonly body: Json }> => {
    const { status, text } = await sendSigned(ready, line, body);
    assert.ok(status < 500, `${line}: ${status} ${text}`);
    return { done: status === 200, body: JSON.parse(text) as Json };
  };
  const placeOf = async (ready: Ready): Promise<Place> => {
    const { body } = await call(ready, [`GET /v1/subnet?vpcId=${ready.vpcId}&maxKeys=1000`]);
    const [subnet] = body.subnets as readonly Omit<Place, "vpcId">[];
    return { vpcId: ready.vpcId, subnetId: subnet?.subnetId ?? "", zoneName: subnet?.zoneName ?? "" };
  };
  const withToken = ({ token, request: [line, body] }: Known): Request => [`${line}?clientToken=${token}`, body];

  const step = async (ready: Ready, place: Place, objects: Known[]): Promise<void> => {
    const kind = KINDS[integer(random, KINDS.length)] as Kind;
    const value = String(1 + integer(random, MOST_VALUE));
    const mine = objects.filter((one) => one.kind === kind && one.value !== undefined);
    const one = mine[integer(random, mine.length)];
    if (!one || (mine.length < MOST && random.next() < 0.5)) {
      const object: Known = {
        kind,
        token: `t-${++made}`,
        request: kind.create(place, value),
        id: undefined,
        value: undefined,
      };
      objects.push(object);
      object.asked = { value };
      const { done, body } = await call(ready, withToken(object));
      assert.ok(done, JSON.stringify(body));
      Object.assign(object, { id: kind.idOf(body), value });
      delete object.asked;
      return;
    }
    const change = random.next() < 0.6 ? kind.change : undefined;
    one.asked = { value: change ? value : undefined };
    // What is still being made may be refused: then nothing has changed.
    const { done } = await call(ready, change ? change(one.id ?? "", value) : kind.remove(one.id ?? ""));
    if (done) one.value = one.asked.value;
    delete one.asked;
  };

  return {
    async work(ready, onAnswer) {
      const place = await placeOf(ready);
      if (made === 0)
        for (const { list, entriesOf } of KINDS)
          for (const { id } of entriesOf((await call(ready, [list])).body)) foreign.add(id);
      let ended = false;
      await Promise.all(
        clients.map(async (objects) => {
          while (!ended) {
            try {
              await step(ready, place, objects);
            } catch (error) {
              // No answer: the process is gone.
              if (error instanceof assert.AssertionError) throw error;
              ended = true;
              return;
            }
            onAnswer();
          }
        }),
      );
    },
    async check(ready) {
      const all = clients.flat();
      // The same calls again: the first answers of those that were answered, and at most one object of each of the others.
      for (const object of all) {
        const { done, body } = await call(ready, withToken(object));
        assert.ok(done, JSON.stringify(body));
        const id = object.kind.idOf(body);
        if (object.id === undefined) Object.assign(object, { id, value: object.asked?.value, asked: undefined });
        assert.equal(id, object.id, `${object.token}: another object than before`);
      }
      for (const kind of KINDS) {
        const { body } = await call(ready, [kind.list]);
        const there = new Map(kind.entriesOf(body).map(({ id, value }) => [id, value.replace(/^n/, "")]));
        const wanted = all.filter((one) => one.kind === kind);
        const owned = new Set<string>();
        for (const object of wanted) {
          const { id = "", value, asked } = object;
          // An address that was released may be somebody else's by now.
          const isAnothers = wanted.some((other) => other !== object && other.id === id && other.value !== undefined);
          if (value === undefined && isAnothers) continue;
          const found = there.get(id);
          const right = found === value || (asked !== undefined && found === asked.value);
          assert.ok(right, `${kind.list}: ${id} is ${found}: expected ${value}${asked ? ` or ${asked.value}` : ""}`);
          object.value = found;
          delete object.asked;
          if (found !== undefined) owned.add(id);
        }
        const others = [...there.keys()].filter((id) => !owned.has(id) && !foreign.has(id));
        assert.deepEqual(others, [], `${kind.list}: nobody knows of these`);
      }
    },
  };
}
