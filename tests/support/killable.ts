/**
 * An update in a separate process, which a test can kill. Run as a program: <module> <stack> <directory>, where the
 * module exports `program`.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import type { PulumiFn } from "@pulumi/pulumi/automation";

import { TestStack } from "./stack";

/** Starts an update and kills it, the engine included, when `until` resolves; true if it was still running then. */
export async function killedUp(
    module: string,
    stack: TestStack,
    name: string,
    until: Promise<unknown>,
): Promise<boolean> {
    const child = spawn(process.execPath, [require.resolve("tsx/cli"), __filename, module, name, stack.directory], {
        detached: true,
        stdio: "ignore",
    });
    const ended = new Promise<boolean>((resolve) => child.once("exit", () => resolve(false)));
    const running = await Promise.race([ended, until.then(() => true)]);
    if (running) {
        process.kill(-child.pid!, "SIGKILL");
        await ended;
        // The processes that the engine started end when they find it gone.
        await sleep(500);
        await stack.cancel();
    }
    return running;
}

async function main([module, name, directory]: string[]): Promise<void> {
    const { program } = (await import(module!)) as { program: PulumiFn };
    await (await TestStack.create(name!, program, directory)).up();
}

if (require.main === module) {
    main(process.argv.slice(2)).catch((error: Error) => {
        console.error(error.message);
        process.exitCode = 1;
    });
}
