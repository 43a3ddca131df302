package dev.lambdastack.serving.query;

import dev.lambdastack.console.Format;
import dev.lambdastack.serving.read.Answer;
import java.io.PrintWriter;

/** Writes an answer in one of the formats of {@code --format}. */
interface AnswerWriter {
  /** The writer of a format. */
  static AnswerWriter of(Format format) {
    return switch (format) {
      case TABLE -> new TableWriter();
      case CSV -> new CsvWriter();
      case JSON -> new JsonWriter();
    };
  }

  /**
   * Writes it all.
   *
   * @param question what was asked, to be repeated where the format has room
   * @param err for what must not be overlooked and has no place in the format
   */
  void write(Question question, Answer answer, PrintWriter out, PrintWriter err);
}
