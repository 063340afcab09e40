/** How many workloads there are, and in what they are put. */
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

/** Half of the workloads are trainings, and each has a server of its result. */
export const pairs = config.requireNumber("workloads") / 2;

/** Whether the objects that are written by hand are put into components that do nothing. */
export const bare = config.requireBoolean("bare");
