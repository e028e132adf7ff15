import type { EipView, RouteView } from "../../data.ts";
import { eipTone } from "../../tones.ts";
import { FilterField } from "../components/filter-field.tsx";
import { type Column, Grid } from "../components/grid.tsx";
import { Status } from "../components/status.tsx";
import type { Model } from "../model.ts";

const EIP_COLUMNS: readonly Column<EipView>[] = [
  { label: "Address", width: "9rem", cell: ({ eip }) => <code>{eip}</code> },
  { label: "Name", width: "1fr", isMinor: true, cell: ({ name }) => name },
  { label: "Bound to", width: "1.2fr", cell: ({ instanceId }) => (instanceId ? <code>{instanceId}</code> : "nothing") },
  { label: "Mbit/s", width: "5rem", isMinor: true, isNumber: true, cell: ({ bandwidthInMbps }) => bandwidthInMbps },
  { label: "State", width: "8rem", cell: ({ status }) => <Status tone={eipTone(status)}>{status}</Status> },
];

const ROUTE_COLUMNS: readonly Column<RouteView>[] = [
  { label: "Destination", width: "10rem", cell: ({ destinationAddress }) => <code>{destinationAddress}</code> },
  {
    label: "Next hop",
    width: "1fr",
    cell: ({ nexthopId }) => (nexthopId ? <code>{nexthopId}</code> : "the cloud's own"),
  },
  { label: "Type", width: "6rem", isMinor: true, cell: ({ nexthopType }) => nexthopType },
  { label: "From", width: "9rem", isMinor: true, cell: ({ sourceAddress }) => <code>{sourceAddress}</code> },
  { label: "Table", width: "9rem", isMinor: true, cell: ({ routeTableId }) => <code>{routeTableId}</code> },
];

export function EipsView({ model }: { readonly model: Model }) {
  const filter = model.filters.eips;
  const records = filtered(model.state.value?.eips, filter.value);
  return (
    <>
      <div class="tools">
        <FilterField label="Filter EIPs" filter={filter} placeholder="Address, name, state or what it is bound to" />
      </div>
      <Grid
        id="eips"
        label="EIPs"
        columns={EIP_COLUMNS}
        records={records}
        keyOf={({ eip }) => `eip/${eip}`}
        selected={model.selected.value}
        onSelect={model.select}
        empty={filter.value ? "Nothing fits this filter." : "No EIPs yet."}
      />
    </>
  );
}

export function RoutesView({ model }: { readonly model: Model }) {
  const filter = model.filters.routes;
  const records = filtered(model.state.value?.routes, filter.value);
  return (
    <>
      <div class="tools">
        <FilterField label="Filter routes" filter={filter} placeholder="Destination, next hop or table" />
      </div>
      <Grid
        id="routes"
        label="Routes"
        columns={ROUTE_COLUMNS}
        records={records}
        keyOf={({ routeRuleId }) => `route/${routeRuleId}`}
        selected={model.selected.value}
        onSelect={model.select}
        empty={filter.value ? "Nothing fits this filter." : "No routes yet."}
      />
    </>
  );
}

/** The records of which some field contains the text. */
function filtered<T extends object>(records: ReadonlyMap<string, T> | undefined, text: string): readonly T[] {
  const all = [...(records?.values() ?? [])];
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return all;
  return all.filter((record) => Object.values(record).some((value) => String(value).toLowerCase().includes(wanted)));
}
