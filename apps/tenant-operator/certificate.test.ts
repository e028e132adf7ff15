import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { inProcessTransport, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { createKubeClient, NAMESPACES } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { followCertificate, type WebhookCertificate, webhookCertificate } from "./certificate.ts";

const NAMESPACE = "tenant-system";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function cluster() {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const send = inProcessTransport(createKubeServer({ clock, random }).handler);
  const client = createKubeClient({ baseUrl: "https://kubernetes.test", send, clock, random, logger: silentLogger });
  await client.create(NAMESPACES, { metadata: { name: NAMESPACE } });
  const look = (host = "tenant-operator.svc") => webhookCertificate(client, { namespace: NAMESPACE, host, clock });
  return { clock, look };
}

/** Whether somebody who has the bundle believes the certificate. */
function isBelieved({ cert }: WebhookCertificate, bundle: string): boolean {
  const authorities = bundle.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
  return authorities.some(({ publicKey }) => new X509Certificate(cert).verify(publicKey));
}

describe("the certificate of the webhooks", () => {
  it("is one for all replicas, also for those that start at once", async () => {
    const { look } = await cluster();
    const [a, b] = await Promise.all([look(), look()]);
    assert.equal(a.cert, b.cert);
    assert.equal((await look()).key, a.key);
    assert.ok(isBelieved(a, a.ca));
  });

  it("is another one where it is to be for another host, also an address", async () => {
    const { look } = await cluster();
    const service = await look();
    const local = await look("127.0.0.1");
    assert.equal(new X509Certificate(local.cert).checkIP("127.0.0.1"), "127.0.0.1");
    assert.notEqual(local.cert, service.cert);
    assert.equal((await look("127.0.0.1")).cert, local.cert);
  });

  it("is replaced a month before it ends; whoever shows the one before is believed still, and no one older", async () => {
    const { clock, look } = await cluster();
    const first = await look();
    await clock.advance(330 * DAY_MS);
    assert.equal((await look()).cert, first.cert);
    await clock.advance(10 * DAY_MS);
    const second = await look();
    assert.notEqual(second.cert, first.cert);
    assert.ok(isBelieved(second, second.ca) && isBelieved(first, second.ca));
    await clock.advance(340 * DAY_MS);
    const third = await look();
    assert.deepEqual(
      [first, second, third].map((one) => isBelieved(one, third.ca)),
      [false, true, true],
    );
  });

  it("is looked for in its last month only, and shown by a running replica after API servers have heard of it", async () => {
    const { clock, look } = await cluster();
    const first = await look();
    const stop = new AbortController();
    const story: string[] = [];
    let present = first;
    let looks = 0;
    const following = followCertificate(
      first,
      {
        clock,
        logger: silentLogger,
        look: async () => {
          if (++looks === 2) throw new Error("no answer");
          return present;
        },
        announce: async ({ ca }) => {
          assert.ok(isBelieved(first, ca) && isBelieved(present, ca));
          story.push("announced");
        },
        show: ({ cert }) => void story.push(cert === present.cert ? "shown" : "another one shown"),
      },
      stop.signal,
    );
    await clock.advance(330 * DAY_MS);
    assert.equal(looks, 0);
    await clock.advance(10 * DAY_MS);
    assert.ok(looks > 100, `looked ${looks} times in five days`);
    assert.equal(story.length, 0);
    // As another replica does.
    present = await look();
    await clock.advance(2 * HOUR_MS);
    assert.deepEqual(story, ["announced", "shown"]);
    stop.abort();
    await following;
  });
});
