import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tenantMetrics } from "./metrics.ts";
import type { Tenant } from "./tenant.ts";

const seriesOf = (text: string) => text.split("\n").filter((line) => line && !line.startsWith("#"));
const tenant = (name: string, more: Partial<Tenant> = {}): Tenant => ({ metadata: { name }, spec: {}, ...more });

describe("the metrics of tenants", () => {
  it("say for each resource what is used and what may be, in whole units", () => {
    const blue = tenant("blue", {
      spec: {
        quota: { hard: { "requests.cpu": "1500m", "requests.memory": "1Gi" } },
        namespaces: { max: 3 },
        cloud: { maxLoadBalancers: 2 },
      },
      status: {
        namespaceCount: 1,
        quota: { used: { "requests.cpu": "250m", "requests.memory": "0" } },
        cloud: { loadBalancers: { used: 2, limit: 2 }, publicIPs: { used: 1 } },
      },
    });
    assert.deepEqual(seriesOf(tenantMetrics([blue])), [
      'tenant_resource_used{tenant="blue",resource="requests.cpu"} 0.25',
      'tenant_resource_used{tenant="blue",resource="requests.memory"} 0',
      'tenant_resource_used{tenant="blue",resource="namespaces"} 1',
      'tenant_resource_used{tenant="blue",resource="cloud/load-balancers"} 2',
      'tenant_resource_used{tenant="blue",resource="cloud/public-ips"} 1',
      'tenant_resource_limit{tenant="blue",resource="requests.cpu"} 1.5',
      'tenant_resource_limit{tenant="blue",resource="requests.memory"} 1073741824',
      'tenant_resource_limit{tenant="blue",resource="namespaces"} 3',
      'tenant_resource_limit{tenant="blue",resource="cloud/load-balancers"} 2',
      "tenant_metrics_omitted 0",
    ]);
  });

  it("are one exposition whatever names there are, and a quantity that is none costs nobody else's", () => {
    const odd = tenant("a", { spec: { quota: { hard: { 'x"\n\\': 1, pods: "many" } } } });
    assert.deepEqual(seriesOf(tenantMetrics([odd])), [
      'tenant_resource_limit{tenant="a",resource="x\\"\\n\\\\"} 1',
      "tenant_metrics_omitted 0",
    ]);
  });

  it("have a bound: whole tenants are left out beyond it, and counted", () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      tenant(`t${i}`, { spec: { namespaces: { max: 1 } }, status: { namespaceCount: 1 } }),
    );
    const series = seriesOf(tenantMetrics(many, 100));
    assert.ok(series.length <= 101, `${series.length} series`);
    const omitted = Number(series.at(-1)?.split(" ")[1]);
    assert.equal((series.length - 1) / 2 + omitted, 100);
  });
});
