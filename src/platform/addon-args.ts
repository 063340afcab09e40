import type { CaInjector } from "./catalog/definition";
import type { AddonChartArgs } from "./rendering/chart-args";
import type { MirrorArgs } from "./rendering/mirror-args";

/** The arguments of an Addon. */
export interface AddonArgs {
    /**
     * The charts. Each is installed when the one before it is ready, for example a chart of CRDs before a chart that
     * uses them.
     */
    charts: AddonChartArgs[];
    /** The namespace of the charts. */
    namespace: string;
    /**
     * Whether to create the namespace, or to adopt an existing one. It is kept when the add-on is removed, with the
     * objects of others in it. Defaults to true.
     */
    createNamespace?: boolean;
    /**
     * Whether to label the namespace with `pod-security.kubernetes.io/enforce: privileged`, for pods that need access
     * to the node, such as drivers and log collectors. Defaults to false: the default of the cluster applies.
     */
    privileged?: boolean;
    /**
     * What writes the CA bundle into the charts' webhook configurations. Pulumi waits until they have it. Defaults to
     * none.
     */
    caInjector?: CaInjector;
    /**
     * The names of the webhook configurations to wait for. Defaults to all. List some of them if a chart has many:
     * waiting for each of them keeps one of the engine's workers busy.
     */
    webhooks?: string[];
    /** Objects that are created before the charts, such as Secrets and ConfigMaps that the values refer to. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objectsBefore?: Record<string, any>[];
    /** Objects that are created when the charts and their webhooks are ready, such as custom resources. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    objects?: Record<string, any>[];
    /** The mirror of charts and images in an air-gapped network. Defaults to the configuration `kubernetes-mlops:mirror`. */
    mirror?: MirrorArgs;
}
