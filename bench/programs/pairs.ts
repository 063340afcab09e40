/** How many workloads there are, and what contains them. */
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

/** Half of the workloads are trainings, and each has a server for its result. */
export const pairs = config.requireNumber("workloads") / 2;

/** Whether the handwritten objects are in components that do nothing. */
export const bare = config.requireBoolean("bare");
