package dev.lambdastack.schemas;

/** What a record's value turned out to be. */
public sealed interface Decoded permits DecodedEvent, Rejection {}
