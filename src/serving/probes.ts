import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../arguments/inputs";

type Container = types.input.core.v1.Container;
type Probe = types.input.core.v1.Probe;

/** The name of the port on which a server's container serves HTTP. Its Service and probes refer to the port by it. */
export const httpPortName = "http";

/** How long a pod keeps serving after its termination has begun, in seconds: until no proxy sends it requests anymore. */
export const drainSeconds = 10;

/** What the probes of a server request, and how often. */
export interface ProbeArgs {
    livenessPath: pulumi.Input<string>;
    livenessTimeoutSeconds: number;
    readinessPath: pulumi.Input<string>;
    startupPath: pulumi.Input<string>;
    startupPeriodSeconds: number;
    startupTimeoutSeconds: number;
    /** How long the container may take to start, in seconds. */
    startupSeconds: pulumi.Input<number>;
}

/** Returns the probes and the preStop hook of a server's container. */
export function buildProbes(args: ProbeArgs): Partial<Container> {
    return {
        // No other probe runs before this one has succeeded, so a large model that loads slowly is not restarted.
        startupProbe: {
            httpGet: httpGet(args.startupPath),
            periodSeconds: args.startupPeriodSeconds,
            timeoutSeconds: args.startupTimeoutSeconds,
            failureThreshold: startupFailureThreshold(args.startupSeconds, args.startupPeriodSeconds),
        },
        readinessProbe: buildReadinessProbe(args.readinessPath),
        livenessProbe: {
            httpGet: httpGet(args.livenessPath),
            periodSeconds: 10,
            timeoutSeconds: args.livenessTimeoutSeconds,
            failureThreshold: 6,
        },
        // The kubelet itself waits (Kubernetes 1.30 and newer), so the image needs no `sleep`.
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    };
}

/** Returns the readiness probe of a container that serves HTTP. */
export function buildReadinessProbe(path: pulumi.Input<string>): Probe {
    return { httpGet: httpGet(path), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 };
}

/** Returns how many startup probes may fail until the start has taken too long. */
export function startupFailureThreshold(startupSeconds: pulumi.Input<number>, periodSeconds: number) {
    return mapInput(startupSeconds, (limit) => Math.max(1, Math.ceil(limit / periodSeconds)));
}

function httpGet(path: pulumi.Input<string>): types.input.core.v1.HTTPGetAction {
    return { path, port: httpPortName };
}
