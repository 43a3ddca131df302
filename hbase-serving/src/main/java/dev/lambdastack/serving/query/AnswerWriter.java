package dev.lambdastack.serving.query;

import dev.lambdastack.serving.read.Answer;
import java.io.PrintWriter;

/** Writes an answer in one of the formats of {@code --format}. */
interface AnswerWriter {
  /** The formats; their names in lower case are what a person types. */
  enum Format {
    TABLE(new TableWriter()),
    CSV(new CsvWriter()),
    JSON(new JsonWriter());

    private final AnswerWriter writer;

    Format(AnswerWriter writer) {
      this.writer = writer;
    }

    AnswerWriter writer() {
      return writer;
    }

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Writes it all.
   *
   * @param question what was asked, to be repeated where the format has room
   * @param err for what must not be overlooked and has no place in the format
   */
  void write(Question question, Answer answer, PrintWriter out, PrintWriter err);
}
