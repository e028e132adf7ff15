import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBalancerScene, POSTPAID } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const EIPS = { productType: "EIP", serviceType: "EIP", type: "QUOTA", region: "bj", name: "addresses" };
const NEW_EIP = { bandwidthInMbps: 1, billing: POSTPAID };

describe("the quota centre", () => {
  it("tells what there is and what is used, in texts", async () => {
    const scene = createBalancerScene({ quotas: { eips: 3 } });
    await scene.address();
    const list = async (query: string) => (await scene.must<{ result: Row[] }>(`GET /v1/quota_center?${query}`)).result;
    assert.deepEqual(await list("serviceType=EIP&type=QUOTA&region=bj"), [
      { ...EIPS, description: "public addresses", value: "3", used: "1" },
    ]);
    assert.deepEqual(
      (await list("name=vpcs")).map(({ used }) => used),
      ["1"],
    );
    assert.deepEqual(await list("region=gz"), []);
    assert.deepEqual(await list("type=WHITELIST"), []);
    const all = await list("");
    const paged: Row[] = [];
    let marker: string | undefined = "";
    while (marker !== undefined) {
      type Page = { result: Row[]; nextMarker?: string };
      const page: Page = await scene.must<Page>(`GET /v1/quota_center?maxKeys=3&marker=${marker}`);
      paged.push(...page.result);
      marker = page.nextMarker;
    }
    assert.deepEqual(paged, all);
  });

  it("tells products, definitions and regions", async () => {
    const { must } = createBalancerScene();
    const products = await must<{ result: Row[] }>("GET /v1/quota_center/info/product?productType=EIP");
    assert.deepEqual(products.result, [{ productType: "EIP", serviceType: "EIP" }]);
    const infos = await must<{ result: Row[] }>("GET /v1/quota_center/info?serviceType=EIP&region=bj");
    assert.deepEqual(infos.result, [{ ...EIPS, description: "public addresses", apply: true }]);
    const regions = (query: string) => must<{ regions: string[] }>(`GET /v1/quota_center/info/region?${query}`);
    assert.deepEqual(await regions("productType=EIP&serviceType=EIP&type=QUOTA"), { regions: ["bj"] });
    assert.deepEqual(await regions("productType=TOAST"), { regions: [] });
  });

  it("grants more after a while, and then there is more", async () => {
    const { must, end, settle } = createBalancerScene({ quotas: { eips: 1 } });
    await must("POST /v1/eip", NEW_EIP);
    assert.equal(await end("POST /v1/eip", NEW_EIP), "403 QuotaLimitExceeded");
    const wanted = { ...EIPS, value: "2", reason: "more" };
    const { id } = await must<{ id: string }>("POST /v1/quota_center/apply", wanted);
    const shown = () => must<Row>(`GET /v1/quota_center/apply/${id}`);
    assert.deepEqual([(await shown()).status, (await shown()).approveTime], ["PENDING", ""]);
    assert.equal(await end("POST /v1/eip", NEW_EIP), "403 QuotaLimitExceeded");
    const refused = [
      [wanted, "409 OperationDenied"],
      [{ ...wanted, value: "1" }, "400 BadRequest"],
      [{ ...wanted, value: "many" }, "400 BadRequest"],
      [{ ...wanted, name: "toasts" }, "404 NoSuchObject"],
      [{ ...wanted, region: "gz" }, "400 BadRequest"],
      [
        { ...wanted, productType: "VPC", serviceType: "SECURITYGROUP", name: "securityGroups", value: "999" },
        "409 OperationDenied",
      ],
    ] as const;
    for (const [body, expected] of refused)
      assert.equal(await end("POST /v1/quota_center/apply", body), expected, JSON.stringify(body));
    await settle();
    const after = await shown();
    assert.deepEqual([after.status, after.value, after.reason], ["APPROVED", "2", "more"]);
    assert.equal(await end("POST /v1/eip", NEW_EIP), "200");
    assert.equal(await end("POST /v1/eip", NEW_EIP), "403 QuotaLimitExceeded");
    const listed = async (query: string) =>
      (await must<{ result: Row[] }>(`GET /v1/quota_center/apply?${query}`)).result.map((one) => one.id);
    assert.deepEqual(await listed("status=APPROVED&name=addresses"), [id]);
    assert.deepEqual(await listed("status=PENDING"), []);
    assert.equal(await end("GET /v1/quota_center/apply/apply-none"), "404 NoSuchObject");
  });

  it("does not give one account what another asked for", async () => {
    const { must, call, settle, simulator } = createBalancerScene({ quotas: { eips: 1 } });
    const key = simulator.addAccount({ id: "other" });
    await must("POST /v1/quota_center/apply", { ...EIPS, value: "5", reason: "" });
    await settle();
    await call("POST /v1/eip", NEW_EIP, { key });
    assert.equal((await call("POST /v1/eip", NEW_EIP, { key })).body.code, "QuotaLimitExceeded");
  });
});
