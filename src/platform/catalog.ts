import { certManager, CertManagerSettings } from "./addons/cert-manager";
import { jobset, JobSetSettings } from "./addons/jobset";
import { keda, KedaSettings } from "./addons/keda";
import { kserve, KServeSettings } from "./addons/kserve";
import { kubePrometheusStack, KubePrometheusStackSettings } from "./addons/kube-prometheus-stack";
import { kubeflowTrainer, KubeflowTrainerSettings } from "./addons/kubeflow-trainer";
import { kuberay, KubeRaySettings } from "./addons/kuberay";
import { kueue, KueueSettings } from "./addons/kueue";
import { metricsServer, MetricsServerSettings } from "./addons/metrics-server";
import type { Definition } from "./definition";
import type { AddonName } from "./names";
import type { AddonSettings } from "./settings";

/** The add-ons of a platform, each with its settings; `{}` takes it as it is. What one needs comes by itself. */
export interface AddonsArgs {
    /** cert-manager: certificates, among them those of other add-ons' webhooks. */
    certManager?: CertManagerSettings;
    /** metrics-server: the use of CPU and memory, for autoscalers. */
    metricsServer?: MetricsServerSettings;
    /** kube-prometheus-stack: Prometheus, Alertmanager and Grafana, with dashboards and alerts. */
    kubePrometheusStack?: KubePrometheusStackSettings;
    /** Kueue: queues and quotas for jobs. */
    kueue?: KueueSettings;
    /** JobSet: jobs that belong together. */
    jobset?: JobSetSettings;
    /** Kubeflow Trainer: training over several nodes. */
    kubeflowTrainer?: KubeflowTrainerSettings;
    /** KubeRay: Ray clusters, jobs and services. */
    kuberay?: KubeRaySettings;
    /** KEDA: scaling by what there is to do, down to zero. */
    keda?: KedaSettings;
    /** KServe: servers for models of every format. */
    kserve?: KServeSettings;
}

/** The tested matrix: one version of each add-on, which fit together. */
const definitions = {
    certManager,
    metricsServer,
    kubePrometheusStack,
    kueue,
    jobset,
    kubeflowTrainer,
    kuberay,
    keda,
    kserve,
};

/** The same, for code that treats all alike: it gives each only settings that its own rules have passed. */
export const catalog = definitions as unknown as Record<AddonName, Definition<AddonSettings>>;
