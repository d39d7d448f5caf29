/** `tsx short-process.test-data.ts`: multiplies on each of our backends with three threads, says so, and ends. */
import * as tf from '@tensorflow/tfjs-core';
import { openCompute } from './open-compute.ts';
import { linear } from './ops/linear.ts';
import { ourBackends } from './our-backends.test-data.ts';

for (const backend of ourBackends) {
  await openCompute({ backend, threads: 3 });
  const ones = tf.ones([300, 300]) as tf.Tensor2D;
  console.log(`${backend} ${linear(ones, ones).sum().dataSync()[0]}`);
}
