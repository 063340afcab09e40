import type { CaInjector } from "./catalog/definition";
import type { AddonChartArgs } from "./rendering/chart-args";
import type { MirrorArgs } from "./rendering/mirror-args";

/** The arguments of an Addon. */
export interface AddonArgs {
    /** The charts, each installed when all of the one before it is ready: a chart of CRDs, then what uses them. */
    charts: AddonChartArgs[];
    /** The namespace of the charts. */
    namespace: string;
    /**
     * Whether the namespace is made, or taken over where it exists. It is kept when the add-on goes, with what others
     * have put into it. Defaults to true.
     */
    createNamespace?: boolean;
    /**
     * Whether the namespace is labelled for pods that need more of a node than others, such as drivers and collectors
     * of logs: `pod-security.kubernetes.io/enforce: privileged`. Defaults to false: as the cluster has it.
     */
    privileged?: boolean;
    /**
     * Who writes the certificate authority into the charts' webhook configurations, which are then waited for until it
     * stands in them. Defaults to nobody.
     */
    caInjector?: CaInjector;
    /**
     * The names of the webhook configurations that are waited for. Defaults to all; name some of them where a chart has
     * many, as each that is waited for keeps one of the engine's workers busy.
     */
    webhooks?: string[];
    /** Objects that are made before the charts, in the namespace: Secrets and ConfigMaps to which values refer. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objectsBefore?: Record<string, any>[];
    /** Objects that are made when the charts are ready and their webhooks answer, such as custom resources. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objects?: Record<string, any>[];
    /** Where a closed network has charts and images. */
    mirror?: MirrorArgs;
}
