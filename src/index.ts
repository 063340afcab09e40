export { Addon } from "./platform/addon";
export { AddonArgs } from "./platform/addon-args";
export { AlloySettings } from "./platform/addons/alloy";
export { ArgoArtifactsSettings, ArgoSsoSettings, ArgoWorkflowsSettings } from "./platform/addons/argo-workflows";
export { CertManagerSettings } from "./platform/addons/cert-manager";
export { CloudNativePgSettings } from "./platform/addons/cloudnative-pg";
export { DcgmExporterSettings } from "./platform/addons/dcgm-exporter";
export { EnvoyGatewaySettings, EnvoyServiceType } from "./platform/addons/envoy-gateway";
export { ExternalSecretsSettings } from "./platform/addons/external-secrets";
export { GatewayApiSettings } from "./platform/addons/gateway-api";
export { GpuOperatorSettings } from "./platform/addons/gpu-operator";
export { InferenceExtensionSettings } from "./platform/addons/inference-extension";
export { JobSetSettings } from "./platform/addons/jobset";
export {
    JupyterHubOidcSettings,
    JupyterHubProfileSettings,
    JupyterHubRouteSettings,
    JupyterHubSettings,
} from "./platform/addons/jupyterhub";
export { KaiPlacement, KaiSchedulerSettings } from "./platform/addons/kai-scheduler";
export { KedaSettings } from "./platform/addons/keda";
export { KServeMode, KServeSettings } from "./platform/addons/kserve";
export { GrafanaSettings, KubePrometheusStackSettings } from "./platform/addons/kube-prometheus-stack";
export { KubeflowTrainerSettings, TrainerRuntime } from "./platform/addons/kubeflow-trainer";
export { KubeRaySettings, RayBatchScheduler } from "./platform/addons/kuberay";
export { KueuePodsReadySettings, KueueSettings } from "./platform/addons/kueue";
export { KyvernoAction, KyvernoSettings } from "./platform/addons/kyverno";
export { LeaderWorkerSetSettings } from "./platform/addons/leader-worker-set";
export { LokiBucketSettings, LokiSettings } from "./platform/addons/loki";
export { MetricsServerSettings } from "./platform/addons/metrics-server";
export {
    MlflowArtifactsSettings,
    MlflowDatabaseSettings,
    MlflowOidcSettings,
    MlflowSettings,
} from "./platform/addons/mlflow";
export { NodeFeatureDiscoverySettings } from "./platform/addons/node-feature-discovery";
export { NvidiaDevicePluginSettings } from "./platform/addons/nvidia-device-plugin";
export { NvidiaDraDriverSettings } from "./platform/addons/nvidia-dra-driver";
export { OpencostPricesSettings, OpencostSettings } from "./platform/addons/opencost";
export { PrometheusAdapterRuleSettings, PrometheusAdapterSettings } from "./platform/addons/prometheus-adapter";
export { SeaweedfsSettings } from "./platform/addons/seaweedfs";
export { VolcanoSettings } from "./platform/addons/volcano";
export { AddonsArgs } from "./platform/addon-catalog";
export { Certificates } from "./platform/catalog/definition";
export { GpuSharingSettings, MigStrategy } from "./platform/addons/shared/gpu-sharing";
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
export { RunArgs } from "./runs/args";
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
export { MountArgs, ResourcesArgs, WorkloadArgs, WorkspaceArgs } from "./pod/args";
