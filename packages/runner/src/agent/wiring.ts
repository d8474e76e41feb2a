import 'reflect-metadata';
import type { Log } from '@skep/core';
import { container, type DependencyContainer, type InjectionToken } from 'tsyringe';
import { Agent, type AgentOptions } from './agent.js';
import { KernelHost, type KernelHostOptions } from './kernel-host.js';

function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}

export const LOG = token<Log>('log');
export const KERNEL_OPTIONS = token<KernelHostOptions>('kernel options');
export const AGENT_OPTIONS = token<AgentOptions>('agent options');
export const KERNEL = token<KernelHost>('kernel');
export const AGENT = token<Agent>('agent');

/** The objects of one agent, made at first use. The only place that knows the container. */
export function wire(log: Log, options: AgentOptions = {}, kernel: KernelHostOptions = {}): DependencyContainer {
  const scope = container.createChildContainer();
  scope.register(LOG, { useValue: log });
  scope.register(KERNEL_OPTIONS, { useValue: kernel });
  scope.register(AGENT_OPTIONS, { useValue: options });
  once(scope, KERNEL, (c) => new KernelHost(c.resolve(LOG), c.resolve(KERNEL_OPTIONS)));
  once(scope, AGENT, (c) => new Agent(c.resolve(KERNEL), c.resolve(LOG), c.resolve(AGENT_OPTIONS)));
  return scope;
}

function once<T>(scope: DependencyContainer, key: InjectionToken<T>, make: (c: DependencyContainer) => T): void {
  let value: T | undefined;
  scope.register(key, {
    useFactory: (c) => {
      value ??= make(c);
      return value;
    },
  });
}
