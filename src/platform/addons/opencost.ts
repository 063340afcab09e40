import { nonEmptyString, boolean } from "../../arguments/formats";
import { object, rule } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** Prices of on-premises hardware per hour. A month has about 730 hours. */
export interface OpencostPricesArgs {
    /** A CPU core. Defaults to 0. */
    cpu?: number;
    /** A GiB of memory. Defaults to 0. */
    memory?: number;
    /** A GPU. Defaults to 0. */
    gpu?: number;
    /** A GiB of storage. Defaults to 0. */
    storage?: number;
}

/** The arguments of OpenCost. Its namespace defaults to "opencost". */
export interface OpencostArgs extends PlatformAddonArgs {
    /** The name of the cluster in reports. Defaults to "default-cluster". */
    cluster?: string;
    /**
     * The prices of an on-premises cluster. Defaults to prices of a large cloud. In a cloud that OpenCost supports, the
     * list prices of that cloud apply.
     */
    prices?: OpencostPricesArgs;
    /**
     * Whether to install its user interface besides the dashboard in Grafana. Defaults to true, with a small footprint
     * to false.
     */
    ui?: boolean;
}

const price = rule((value) =>
    typeof value === "number" && Number.isFinite(value) && value >= 0
        ? undefined
        : "it must be a price per hour: a number of at least 0",
);

/** Source: https://opencost.io/docs/configuration/on-prem, which shows that they are prices per hour. */
function pricing({ cpu = 0, memory = 0, gpu = 0, storage = 0 }: OpencostPricesArgs): Values {
    return {
        enabled: true,
        provider: "custom",
        costModel: {
            description: "The prices of this cluster",
            CPU: cpu,
            spotCPU: cpu,
            RAM: memory,
            spotRAM: memory,
            GPU: gpu,
            storage,
            zoneNetworkEgress: 0,
            regionNetworkEgress: 0,
            internetNetworkEgress: 0,
        },
    };
}

export const opencost: Definition<OpencostArgs> = {
    title: "OpenCost",
    purpose: "Reports the cost of namespaces, workloads and idle nodes.",
    homepage: "https://opencost.io/docs/",
    version: "1.120.1",
    charts: [{ name: "opencost", version: "2.5.17", repository: "https://opencost.github.io/opencost-helm-chart" }],
    namespace: "opencost",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "not stated upstream; the range of the other add-ons",
    requires: () => ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "It stores nothing itself: all data is in Prometheus, for as long as Prometheus keeps it.",
            "The chart is also published at oci://ghcr.io/opencost/charts.",
        ],
    },
    fields: {
        cluster: nonEmptyString,
        prices: object<OpencostPricesArgs>({ cpu: price, memory: price, gpu: price, storage: price }),
        ui: boolean,
    },
    values: ({ cluster, prices, ui }, context) => ({
        opencost: {
            opencost: {
                exporter: { ...(cluster && { defaultClusterId: cluster }) },
                ...(prices && { customPricing: pricing(prices) }),
                prometheus: {
                    internal: { enabled: false },
                    external: { enabled: true, url: context.outputOf("kubePrometheusStack", "url") },
                },
                metrics: { serviceMonitor: { enabled: true } },
                mcp: { enabled: false },
                ui: { enabled: ui ?? !context.small },
            },
        },
    }),
    outputs: (_settings, { namespace }) => ({ url: `http://opencost.${namespace}.svc:9003` }),
};
