import { badRequest } from "../../api/fault.ts";
import { type InferFields, list, oneOf, optional, text } from "../../api/schema.ts";

export const REGIONS = [
  "CENTRAL_CHINA",
  "EAST_CHINA",
  "NORTH_CHINA",
  "SOUTH_CHINA",
  "NORTH_EAST",
  "NORTH_WEST",
  "SOUTH_WEST",
] as const;

/** Carriers, with the last part of a region id. */
export const PROVIDERS = { CHINA_MOBILE: "cm", CHINA_UNICOM: "un", CHINA_TELECOM: "ct", TRIPLE_LINE: "ix" } as const;
export type ServiceProvider = keyof typeof PROVIDERS;
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as readonly ServiceProvider[];

/** Where something is at the edge: one node of one carrier (or of three, for TRIPLE_LINE) in one city. */
export interface Location {
  readonly region: string;
  readonly city: string;
  readonly serviceProvider: ServiceProvider;
  readonly regionId: string;
}

/** The real list is longer, and changes: what a client does must not depend on a certain city. */
export const CITIES: readonly { readonly region: string; readonly city: string; readonly name: string }[] = [
  { region: "EAST_CHINA", city: "HANGZHOU", name: "杭州" },
  { region: "EAST_CHINA", city: "NANJING", name: "南京" },
  { region: "EAST_CHINA", city: "SHANGHAI", name: "上海" },
  { region: "NORTH_CHINA", city: "LANGFANG", name: "廊坊" },
  { region: "NORTH_CHINA", city: "TAIYUAN", name: "太原" },
  { region: "NORTH_CHINA", city: "BEIJING", name: "北京" },
  { region: "CENTRAL_CHINA", city: "WUHAN", name: "武汉" },
  { region: "SOUTH_CHINA", city: "GUANGZHOU", name: "广州" },
  { region: "SOUTH_CHINA", city: "NANNING", name: "南宁" },
  { region: "NORTH_EAST", city: "SHENYANG", name: "沈阳" },
  { region: "NORTH_WEST", city: "XIAN", name: "西安" },
  { region: "SOUTH_WEST", city: "CHENGDU", name: "成都" },
];

export const regionIdOf = (city: string, provider: ServiceProvider): string =>
  `cn-${city.toLowerCase()}-${PROVIDERS[provider]}`;

export const LOCATIONS: readonly Location[] = CITIES.flatMap(({ region, city }) =>
  PROVIDER_NAMES.map((provider) => ({ region, city, serviceProvider: provider, regionId: regionIdOf(city, provider) })),
);

/** A place is given by its four names or by its id alone. */
export const PLACE = {
  region: optional(oneOf(...REGIONS)),
  city: optional(text()),
  serviceProvider: optional(oneOf("CHINA_MOBILE", "CHINA_UNICOM", "CHINA_TELECOM", "TRIPLE_LINE")),
  regionId: optional(text()),
};
export const CARRIERS = optional(list(oneOf("ct", "un", "cm"), 3));
export const LOCATION_VIEW = { region: text(), city: text(), serviceProvider: text(), regionId: text() };

export function locationOf(given: InferFields<typeof PLACE>): Location {
  const { region, city, serviceProvider, regionId } = given;
  const found = regionId
    ? LOCATIONS.find((one) => one.regionId === regionId)
    : LOCATIONS.find(
        (one) => one.region === region && one.city === city?.toUpperCase() && one.serviceProvider === serviceProvider,
      );
  if (found) return found;
  const asked = regionId || [region, city, serviceProvider].filter(Boolean).join("/") || "none";
  throw badRequest(`location: ${asked} is not open, expected a regionId such as cn-hangzhou-cm.`);
}

/** The carriers whose public addresses something at this place gets. */
export function carriersOf(
  { serviceProvider }: Pick<Location, "serviceProvider">,
  asked: readonly string[] | undefined,
): readonly ServiceProvider[] {
  if (serviceProvider !== "TRIPLE_LINE") return [serviceProvider];
  const wanted = asked && asked.length > 0 ? asked : ["ct", "un", "cm"];
  return PROVIDER_NAMES.filter((provider) => wanted.includes(PROVIDERS[provider]));
}

export const placeOf = (regionId: string): Location =>
  locationOf({ regionId, region: undefined, city: undefined, serviceProvider: undefined });
