export { Addon } from "./platform/addon";
export { AddonArgs } from "./platform/addon-args";
export { AlloyArgs } from "./platform/addons/alloy";
export { ArgoArtifactsArgs, ArgoOidcArgs, ArgoWorkflowsArgs } from "./platform/addons/argo-workflows";
export { CertManagerArgs } from "./platform/addons/cert-manager";
export { CloudNativePgArgs } from "./platform/addons/cloudnative-pg";
export { DcgmExporterArgs } from "./platform/addons/dcgm-exporter";
export { EnvoyGatewayArgs, EnvoyServiceType } from "./platform/addons/envoy-gateway";
export { ExternalSecretsArgs } from "./platform/addons/external-secrets";
export { GatewayApiArgs } from "./platform/addons/gateway-api";
export { GpuOperatorArgs } from "./platform/addons/gpu-operator";
export { InferenceExtensionArgs } from "./platform/addons/inference-extension";
export { JobSetArgs } from "./platform/addons/jobset";
export {
    JupyterHubOidcArgs,
    JupyterHubProfileArgs,
    JupyterHubRouteArgs,
    JupyterHubArgs,
} from "./platform/addons/jupyterhub";
export { KaiPlacement, KaiSchedulerArgs } from "./platform/addons/kai-scheduler";
export { KedaArgs } from "./platform/addons/keda";
export { KServeMode, KServeArgs } from "./platform/addons/kserve";
export { AlertmanagerArgs, GrafanaArgs, KubePrometheusStackArgs } from "./platform/addons/kube-prometheus-stack";
export { KubeflowTrainerArgs, TrainerRuntime } from "./platform/addons/kubeflow-trainer";
export { KubeRayArgs, RayBatchScheduler } from "./platform/addons/kuberay";
export { KueuePodsReadyArgs, KueueArgs } from "./platform/addons/kueue";
export { KyvernoAction, KyvernoArgs } from "./platform/addons/kyverno";
export { LeaderWorkerSetArgs } from "./platform/addons/leader-worker-set";
export { LokiBucketArgs, LokiArgs } from "./platform/addons/loki";
export { MetricsServerArgs } from "./platform/addons/metrics-server";
export { MlflowArtifactsArgs, MlflowDatabaseArgs, MlflowOidcArgs, MlflowArgs } from "./platform/addons/mlflow";
export { NodeFeatureDiscoveryArgs } from "./platform/addons/node-feature-discovery";
export { NvidiaDevicePluginArgs } from "./platform/addons/nvidia-device-plugin";
export { NvidiaDraDriverArgs } from "./platform/addons/nvidia-dra-driver";
export { OpencostPricesArgs, OpencostArgs } from "./platform/addons/opencost";
export { PrometheusAdapterRuleArgs, PrometheusAdapterArgs } from "./platform/addons/prometheus-adapter";
export { SeaweedfsArgs } from "./platform/addons/seaweedfs";
export { VolcanoArgs } from "./platform/addons/volcano";
export { AddonsArgs } from "./platform/addon-catalog";
export { CaInjector } from "./platform/catalog/definition";
export { GpuSharingArgs, MigStrategy } from "./platform/addons/shared/gpu-sharing";
export { GpuSharingMode } from "./pod/gpu-args";
export { MirrorArgs } from "./platform/rendering/mirror-args";
export { AddonChartArgs } from "./platform/rendering/chart-args";
export { Platform } from "./platform/platform";
export { AddonStatus, PlatformArgs } from "./platform/platform-args";
export { PlatformAddonArgs } from "./platform/catalog/platform-addon-args";
export { Availability, Footprint, Profile } from "./platform/catalog/profiles";
export { ImageArgs, PythonArgs, RegistryArgs } from "./images/args";
export { Image } from "./images/image";
export {
    AutoscalingArgs,
    QueueScalingArgs,
    QueueType,
    RequestScalingArgs,
    ScalingTriggerArgs,
} from "./serving/autoscaling-args";
export {
    CanaryArgs,
    ModelServerArgs,
    ServerBackend,
    ServerVariantArgs,
    ShadowArgs,
} from "./workloads/model-server/args";
export { ModelServer } from "./workloads/model-server/model-server";
export { BatchInferenceArgs, RerunArgs } from "./workloads/batch-inference/args";
export { BatchInference } from "./workloads/batch-inference/batch-inference";
export { AccessMode, ClaimArgs } from "./pod/claim-args";
export { GpuArgs, GpuVendor } from "./pod/gpu-args";
export {
    EndpointPickerArgs,
    LlmArchitectureArgs,
    LlmBackend,
    LlmDtype,
    LlmEstimate,
    LlmKvCacheDtype,
    LlmQuantization,
    LlmServerArgs,
    LoraArgs,
} from "./workloads/llm-server/args";
export { LlmServer } from "./workloads/llm-server/llm-server";
export { NotebookArgs, NotebookEditor } from "./workloads/notebook/args";
export { Notebook } from "./workloads/notebook/notebook";
export { RouteArgs } from "./serving/route-args";
export { RetryArgs, RunArgs, RunWait } from "./runs/args";
export { ScheduleArgs, ScheduleBackend, ScheduleConcurrency } from "./workloads/schedule/args";
export { Schedule } from "./workloads/schedule/schedule";
export {
    BestTrial,
    BudgetArgs,
    ObjectiveArgs,
    ObjectiveGoal,
    RandomArgs,
    RangeArgs,
    SweepArgs,
    SweepBackend,
    TrackingArgs,
} from "./workloads/sweep/args";
export { Sweep } from "./workloads/sweep/sweep";
export { TrainingBackend, TrainingFramework } from "./workloads/training-job/args";
export { TrainingOutputArgs } from "./runs/output-args";
export { TopologyArgs, TrainingJobArgs } from "./workloads/training-job/args";
export { TrainingJob } from "./workloads/training-job/training-job";
export { ResourcesArgs, WorkloadArgs, WorkspaceArgs } from "./pod/args";
export { EnvFromArgs } from "./pod/env-from-args";
export { EphemeralVolumeArgs, MountArgs } from "./pod/mount-args";
export { MetadataArgs } from "./pod/metadata-args";
