import { alloy, type AlloyArgs } from "./addons/alloy";
import { argoWorkflows, type ArgoWorkflowsArgs } from "./addons/argo-workflows";
import { certManager, type CertManagerArgs } from "./addons/cert-manager";
import { cloudnativePg, type CloudNativePgArgs } from "./addons/cloudnative-pg";
import { dcgmExporter, type DcgmExporterArgs } from "./addons/dcgm-exporter";
import { envoyGateway, type EnvoyGatewayArgs } from "./addons/envoy-gateway";
import { externalSecrets, type ExternalSecretsArgs } from "./addons/external-secrets";
import { gatewayApi, type GatewayApiArgs } from "./addons/gateway-api";
import { gpuOperator, type GpuOperatorArgs } from "./addons/gpu-operator";
import { inferenceExtension, type InferenceExtensionArgs } from "./addons/inference-extension";
import { jobset, type JobSetArgs } from "./addons/jobset";
import { jupyterhub, type JupyterHubArgs } from "./addons/jupyterhub";
import { kaiScheduler, type KaiSchedulerArgs } from "./addons/kai-scheduler";
import { keda, type KedaArgs } from "./addons/keda";
import { kserve, type KServeArgs } from "./addons/kserve";
import { kubePrometheusStack, type KubePrometheusStackArgs } from "./addons/kube-prometheus-stack";
import { kubeflowTrainer, type KubeflowTrainerArgs } from "./addons/kubeflow-trainer";
import { kuberay, type KubeRayArgs } from "./addons/kuberay";
import { kueue, type KueueArgs } from "./addons/kueue";
import { kyverno, type KyvernoArgs } from "./addons/kyverno";
import { leaderWorkerSet, type LeaderWorkerSetArgs } from "./addons/leader-worker-set";
import { loki, type LokiArgs } from "./addons/loki";
import { metricsServer, type MetricsServerArgs } from "./addons/metrics-server";
import { mlflow, type MlflowArgs } from "./addons/mlflow";
import { nodeFeatureDiscovery, type NodeFeatureDiscoveryArgs } from "./addons/node-feature-discovery";
import { nvidiaDevicePlugin, type NvidiaDevicePluginArgs } from "./addons/nvidia-device-plugin";
import { nvidiaDraDriver, type NvidiaDraDriverArgs } from "./addons/nvidia-dra-driver";
import { opencost, type OpencostArgs } from "./addons/opencost";
import { prometheusAdapter, type PrometheusAdapterArgs } from "./addons/prometheus-adapter";
import { seaweedfs, type SeaweedfsArgs } from "./addons/seaweedfs";
import { volcano, type VolcanoArgs } from "./addons/volcano";
import type { Definition } from "./catalog/definition";
import type { AddonName } from "./catalog/names";

/**
 * The add-ons of a platform with their arguments; `{}` installs one with its defaults. What an add-on requires is
 * installed as well.
 */
export interface AddonsArgs {
    /** cert-manager: certificates, including those of other add-ons' webhooks. */
    certManager?: CertManagerArgs;
    /** External Secrets: secrets from a vault, and generated secrets. */
    externalSecrets?: ExternalSecretsArgs;
    /** Kyverno: admission policies. */
    kyverno?: KyvernoArgs;
    /** metrics-server: CPU and memory usage, for autoscalers. */
    metricsServer?: MetricsServerArgs;
    /** kube-prometheus-stack: Prometheus, Alertmanager and Grafana, with dashboards and alerts. */
    kubePrometheusStack?: KubePrometheusStackArgs;
    /** Prometheus adapter: autoscaling by metrics of Prometheus. */
    prometheusAdapter?: PrometheusAdapterArgs;
    /** Loki: the logs of all pods. */
    loki?: LokiArgs;
    /** Alloy: sends the logs of all pods to Loki. */
    alloy?: AlloyArgs;
    /** OpenCost: the cost of workloads. */
    opencost?: OpencostArgs;
    /** Node Feature Discovery: node labels for hardware. */
    nodeFeatureDiscovery?: NodeFeatureDiscoveryArgs;
    /** NVIDIA GPU Operator: driver, device plugin, MIG and metrics of GPUs. */
    gpuOperator?: GpuOperatorArgs;
    /** NVIDIA device plugin: GPUs of nodes that have a driver. */
    nvidiaDevicePlugin?: NvidiaDevicePluginArgs;
    /** NVIDIA DRA driver: GPUs through ResourceClaims. */
    nvidiaDraDriver?: NvidiaDraDriverArgs;
    /** DCGM exporter: metrics of GPUs. */
    dcgmExporter?: DcgmExporterArgs;
    /** Kueue: queues and quotas for jobs. */
    kueue?: KueueArgs;
    /** KAI Scheduler: gang scheduling, and fair sharing of GPUs between teams. */
    kaiScheduler?: KaiSchedulerArgs;
    /** Volcano: gang scheduling, with its own queues. */
    volcano?: VolcanoArgs;
    /** JobSet: groups of jobs that belong together. */
    jobset?: JobSetArgs;
    /** LeaderWorkerSet: servers whose replicas consist of several pods. */
    leaderWorkerSet?: LeaderWorkerSetArgs;
    /** Kubeflow Trainer: training on several nodes. */
    kubeflowTrainer?: KubeflowTrainerArgs;
    /** KubeRay: Ray clusters, jobs and services. */
    kuberay?: KubeRayArgs;
    /** Argo Workflows: pipelines of steps. */
    argoWorkflows?: ArgoWorkflowsArgs;
    /** KEDA: scaling by events and load, down to zero. */
    keda?: KedaArgs;
    /** Gateway API: the CRDs for gateways and routes. */
    gatewayApi?: GatewayApiArgs;
    /** Envoy Gateway: an implementation of the Gateway API. */
    envoyGateway?: EnvoyGatewayArgs;
    /** Gateway API Inference Extension: routes to pools of model servers. */
    inferenceExtension?: InferenceExtensionArgs;
    /** KServe: servers for models of many formats. */
    kserve?: KServeArgs;
    /** CloudNativePG: PostgreSQL. */
    cloudnativePg?: CloudNativePgArgs;
    /** SeaweedFS: object storage with an S3 API. */
    seaweedfs?: SeaweedfsArgs;
    /** MLflow: experiment tracking and the model registry. */
    mlflow?: MlflowArgs;
    /** JupyterHub: a notebook server for each user. */
    jupyterhub?: JupyterHubArgs;
}

/** A definition for each add-on name, for the arguments that the add-on has in a platform. */
export type Catalog = { [Name in AddonName]: Definition<Required<AddonsArgs>[Name]> };

/** The add-ons in the versions that were tested together. */
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
