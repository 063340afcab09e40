import { alloy, type AlloySettings } from "./addons/alloy";
import { argoWorkflows, type ArgoWorkflowsSettings } from "./addons/argo-workflows";
import { certManager, type CertManagerSettings } from "./addons/cert-manager";
import { cloudnativePg, type CloudNativePgSettings } from "./addons/cloudnative-pg";
import { dcgmExporter, type DcgmExporterSettings } from "./addons/dcgm-exporter";
import { envoyGateway, type EnvoyGatewaySettings } from "./addons/envoy-gateway";
import { externalSecrets, type ExternalSecretsSettings } from "./addons/external-secrets";
import { gatewayApi, type GatewayApiSettings } from "./addons/gateway-api";
import { gpuOperator, type GpuOperatorSettings } from "./addons/gpu-operator";
import { inferenceExtension, type InferenceExtensionSettings } from "./addons/inference-extension";
import { jobset, type JobSetSettings } from "./addons/jobset";
import { jupyterhub, type JupyterHubSettings } from "./addons/jupyterhub";
import { kaiScheduler, type KaiSchedulerSettings } from "./addons/kai-scheduler";
import { keda, type KedaSettings } from "./addons/keda";
import { kserve, type KServeSettings } from "./addons/kserve";
import { kubePrometheusStack, type KubePrometheusStackSettings } from "./addons/kube-prometheus-stack";
import { kubeflowTrainer, type KubeflowTrainerSettings } from "./addons/kubeflow-trainer";
import { kuberay, type KubeRaySettings } from "./addons/kuberay";
import { kueue, type KueueSettings } from "./addons/kueue";
import { kyverno, type KyvernoSettings } from "./addons/kyverno";
import { leaderWorkerSet, type LeaderWorkerSetSettings } from "./addons/leader-worker-set";
import { loki, type LokiSettings } from "./addons/loki";
import { metricsServer, type MetricsServerSettings } from "./addons/metrics-server";
import { mlflow, type MlflowSettings } from "./addons/mlflow";
import { nodeFeatureDiscovery, type NodeFeatureDiscoverySettings } from "./addons/node-feature-discovery";
import { nvidiaDevicePlugin, type NvidiaDevicePluginSettings } from "./addons/nvidia-device-plugin";
import { nvidiaDraDriver, type NvidiaDraDriverSettings } from "./addons/nvidia-dra-driver";
import { opencost, type OpencostSettings } from "./addons/opencost";
import { prometheusAdapter, type PrometheusAdapterSettings } from "./addons/prometheus-adapter";
import { seaweedfs, type SeaweedfsSettings } from "./addons/seaweedfs";
import { volcano, type VolcanoSettings } from "./addons/volcano";
import type { Definition } from "./catalog/definition";
import type { AddonName } from "./catalog/names";
import type { PlatformAddonArgs } from "./catalog/platform-addon-args";

/** The add-ons of a platform, each with its settings; `{}` takes it as it is. What one needs comes by itself. */
export interface AddonsArgs {
    /** cert-manager: certificates, among them those of other add-ons' webhooks. */
    certManager?: CertManagerSettings;
    /** External Secrets: secrets from a vault, and such as are made up in the cluster. */
    externalSecrets?: ExternalSecretsSettings;
    /** Kyverno: policies for what enters the cluster. */
    kyverno?: KyvernoSettings;
    /** metrics-server: the use of CPU and memory, for autoscalers. */
    metricsServer?: MetricsServerSettings;
    /** kube-prometheus-stack: Prometheus, Alertmanager and Grafana, with dashboards and alerts. */
    kubePrometheusStack?: KubePrometheusStackSettings;
    /** Prometheus adapter: autoscaling by what Prometheus measures. */
    prometheusAdapter?: PrometheusAdapterSettings;
    /** Loki: the logs of all pods. */
    loki?: LokiSettings;
    /** Alloy: sends the logs of all pods to Loki. */
    alloy?: AlloySettings;
    /** OpenCost: what workloads cost. */
    opencost?: OpencostSettings;
    /** Node Feature Discovery: labels for the hardware of nodes. */
    nodeFeatureDiscovery?: NodeFeatureDiscoverySettings;
    /** NVIDIA GPU Operator: driver, device plugin, MIG and metrics of GPUs. */
    gpuOperator?: GpuOperatorSettings;
    /** NVIDIA device plugin: GPUs of nodes that have a driver. */
    nvidiaDevicePlugin?: NvidiaDevicePluginSettings;
    /** NVIDIA DRA driver: GPUs by ResourceClaims. */
    nvidiaDraDriver?: NvidiaDraDriverSettings;
    /** DCGM exporter: metrics of GPUs. */
    dcgmExporter?: DcgmExporterSettings;
    /** Kueue: queues and quotas for jobs. */
    kueue?: KueueSettings;
    /** KAI Scheduler: all pods of a job together, GPUs fairly between teams. */
    kaiScheduler?: KaiSchedulerSettings;
    /** Volcano: all pods of a job together, with queues of its own. */
    volcano?: VolcanoSettings;
    /** JobSet: jobs that belong together. */
    jobset?: JobSetSettings;
    /** LeaderWorkerSet: servers of which each takes several pods. */
    leaderWorkerSet?: LeaderWorkerSetSettings;
    /** Kubeflow Trainer: training over several nodes. */
    kubeflowTrainer?: KubeflowTrainerSettings;
    /** KubeRay: Ray clusters, jobs and services. */
    kuberay?: KubeRaySettings;
    /** Argo Workflows: pipelines of steps. */
    argoWorkflows?: ArgoWorkflowsSettings;
    /** KEDA: scaling by what there is to do, down to zero. */
    keda?: KedaSettings;
    /** Gateway API: the kinds of routes into the cluster. */
    gatewayApi?: GatewayApiSettings;
    /** Envoy Gateway: the proxies through which routes go. */
    envoyGateway?: EnvoyGatewaySettings;
    /** Gateway API Inference Extension: routes to pools of model servers. */
    inferenceExtension?: InferenceExtensionSettings;
    /** KServe: servers for models of every format. */
    kserve?: KServeSettings;
    /** CloudNativePG: PostgreSQL. */
    cloudnativePg?: CloudNativePgSettings;
    /** SeaweedFS: storage of objects, behind the S3 API. */
    seaweedfs?: SeaweedfsSettings;
    /** MLflow: experiments and the registry of models. */
    mlflow?: MlflowSettings;
    /** JupyterHub: a notebook server for each user. */
    jupyterhub?: JupyterHubSettings;
}

/** A definition for each add-on there is a name for, with the arguments that it has in a platform. */
export type Catalog = { [Name in AddonName]: Definition<Required<AddonsArgs>[Name]> };

/** The tested matrix: one version of each add-on, which fit together. */
export const catalog: Record<AddonName, Definition> = {
    certManager,
    externalSecrets,
    kyverno,
    metricsServer,
    kubePrometheusStack,
    prometheusAdapter,
    loki,
    alloy,
    opencost,
    nodeFeatureDiscovery,
    gpuOperator,
    nvidiaDevicePlugin,
    nvidiaDraDriver,
    dcgmExporter,
    kueue,
    kaiScheduler,
    volcano,
    jobset,
    leaderWorkerSet,
    kubeflowTrainer,
    kuberay,
    argoWorkflows,
    keda,
    gatewayApi,
    envoyGateway,
    inferenceExtension,
    kserve,
    cloudnativePg,
    seaweedfs,
    mlflow,
    jupyterhub,
} satisfies Catalog;
