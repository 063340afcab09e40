export { Addon, AddonArgs, AddonChartArgs } from "./platform/addon";
export { Certificates } from "./platform/definition";
export { MirrorArgs } from "./platform/mirror";
export { AddonStatus, Platform, PlatformArgs } from "./platform/platform";
export { Availability, Footprint, Profile } from "./platform/profiles";
export { Image, ImageArgs, PythonArgs, RegistryArgs } from "./images/image";
export { AutoscalingArgs, ModelServer, ModelServerArgs } from "./workloads/model-server";
export { AccessMode, TrainingJob, TrainingJobArgs, TrainingOutputArgs } from "./workloads/training-job";
export { ResourcesArgs, WorkloadArgs, WorkspaceArgs } from "./workloads/workload";
