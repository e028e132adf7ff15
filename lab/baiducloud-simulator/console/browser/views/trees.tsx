import { FilterField } from "../components/filter-field.tsx";
import { Tree } from "../components/tree.tsx";
import type { Model } from "../model.ts";

export function NetworkView({ model }: { readonly model: Model }) {
  return (
    <>
      <div class="tools">
        <FilterField
          label="Filter the network"
          filter={model.network.filter}
          placeholder="Name, ID, address or state"
        />
      </div>
      <Tree id="network" label="VPCs, zones, subnets and nodes" tree={model.network} model={model} />
    </>
  );
}

export function BalancersView({ model }: { readonly model: Model }) {
  const { filter } = model.balancers;
  return (
    <>
      <div class="tools">
        <FilterField label="Filter load balancers" filter={filter} placeholder="Name, ID, address, port or health" />
      </div>
      <Tree id="balancers" label="Load balancers, listeners and backends" tree={model.balancers} model={model} />
    </>
  );
}
