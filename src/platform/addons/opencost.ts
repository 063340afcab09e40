import { text, truth } from "../../arguments/formats";
import { object, rule } from "../../arguments/rules";
import type { Definition, Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";

/** What a cluster's own hardware costs an hour. A month has about 730 hours. */
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

/** The settings of OpenCost. Its namespace defaults to "opencost". */
export interface OpencostArgs extends PlatformAddonArgs {
    /** What the cluster is called in reports. Defaults to "default-cluster". */
    cluster?: string;
    /**
     * The prices of a cluster on machines of one's own. Defaults to those of a large cloud. In a cloud that OpenCost
     * knows, its list prices hold.
     */
    prices?: OpencostPricesArgs;
    /** Whether it has pages of its own besides the dashboard in Grafana. Defaults to true, on a laptop to false. */
    ui?: boolean;
}

const price = rule((value) =>
    typeof value === "number" && Number.isFinite(value) && value >= 0
        ? undefined
        : "it must be the price of an hour, a number from 0",
);

/** Source: https://opencost.io/docs/configuration/on-prem, which shows that they are taken as prices of an hour. */
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
    purpose: "Tells what namespaces, workloads and idle nodes cost.",
    homepage: "https://opencost.io/docs/",
    version: "1.120.1",
    charts: [{ name: "opencost", version: "2.5.17", repository: "https://opencost.github.io/opencost-helm-chart" }],
    namespace: "opencost",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource: "none is stated upstream; the range of the other add-ons",
    requires: () => ["kubePrometheusStack"],
    upgrades: {
        notes: [
            "It keeps nothing itself: all is in Prometheus, for as long as that keeps it.",
            "The chart is also at oci://ghcr.io/opencost/charts.",
        ],
    },
    fields: {
        cluster: text,
        prices: object<OpencostPricesArgs>({ cpu: price, memory: price, gpu: price, storage: price }),
        ui: truth,
    },
    values: ({ cluster, prices, ui }, context) => ({
        opencost: {
            opencost: {
                exporter: { ...(cluster && { defaultClusterId: cluster }) },
                ...(prices && { customPricing: pricing(prices) }),
                prometheus: {
                    internal: { enabled: false },
                    external: { enabled: true, url: context.outputsOf("kubePrometheusStack")["url"] },
                },
                metrics: { serviceMonitor: { enabled: true } },
                mcp: { enabled: false },
                ui: { enabled: ui ?? !context.small },
            },
        },
    }),
    outputs: (_settings, { namespace }) => ({ url: `http://opencost.${namespace}.svc:9003` }),
};
