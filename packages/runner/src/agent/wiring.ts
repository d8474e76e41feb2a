import 'reflect-metadata';
import type { Log } from '@skep/core';
import { container, type DependencyContainer, type InjectionToken } from 'tsyringe';
import { Agent, type AgentOptions } from './agent.js';
import { KernelHost } from './kernel-host.js';

function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}

export const LOG = token<Log>('log');
export const DEBUG = token<boolean>('debug');
export const AGENT_OPTIONS = token<AgentOptions>('agent options');
export const KERNEL = token<KernelHost>('kernel');
export const AGENT = token<Agent>('agent');

/** The objects of one agent, made at first use. The only place that knows the container. */
export function wire(log: Log, options: AgentOptions = {}, debug = false): DependencyContainer {
  const scope = container.createChildContainer();
  scope.register(LOG, { useValue: log });
  scope.register(DEBUG, { useValue: debug });
  scope.register(AGENT_OPTIONS, { useValue: options });
  once(scope, KERNEL, (c) => new KernelHost(c.resolve(LOG), c.resolve(DEBUG)));
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
