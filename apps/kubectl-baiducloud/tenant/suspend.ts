import { TENANTS } from "@ccm/tenancy";
import { EXIT, type Io } from "../io.ts";
import { type ClusterOptions, getTenant, withTenants } from "./cluster.ts";

/** Freezes a tenant, or lets it go on. Says so when it was so already. */
export async function suspend(io: Io, name: string, on: boolean, options: ClusterOptions): Promise<number> {
  await withTenants(io, options, async ({ client }) => {
    const { spec } = await getTenant(client, name, io.signal);
    const word = on ? "suspended" : "active";
    if ((spec.suspended ?? false) === on) {
      io.out(`Tenant ${name} is ${word} already.\n`);
      return;
    }
    const body = { spec: { suspended: on ? true : null } };
    await client.patch(TENANTS, { name }, { type: "merge", body }, { signal: io.signal });
    io.out(
      on
        ? `Tenant ${name} is suspended: what runs goes on, and nobody of the tenant can change or create anything.\n`
        : `Tenant ${name} is active again.\n`,
    );
  });
  return EXIT.nothing;
}
