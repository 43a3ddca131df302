/**
 * What the two layers share of time: log time, epochs, horizons, versions, generations, and the one
 * published row of a view.
 */
package dev.lambdastack.views.handoff;
