// Two columns to sentences, and the lines that are refused.
#include "cairn/data/labelled_text.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/temporary_folder.h"

namespace cairn::data {
namespace {

class LabelledText : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) const {
    const auto path = temporary_.path() / name;
    std::ofstream(path) << bytes;
    return path.string();
  }
  void refused(const std::string& bytes, const std::string& part) const {
    try {
      load_labelled_text(file("bad.txt", bytes), Split::train);
      ADD_FAILURE() << "took " << bytes;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  const io::TemporaryFolder temporary_;
};

TEST_F(LabelledText, EmptyLinesEndSentences) {
  const auto path = file("t.txt", "\nthe\tDET\ncat   NOUN \r\n\n \n\nit PRON");
  const auto sentences = load_labelled_text(path, Split::train);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0].words, (std::vector<std::string>{"the", "cat"}));
  EXPECT_EQ(sentences[0].labels, (std::vector<std::string>{"DET", "NOUN"}));
  EXPECT_EQ(sentences[1].words, std::vector<std::string>{"it"});
  EXPECT_NE(sentences[0].place(1).find("t.txt:3"), std::string::npos) << sentences[0].place(1);
  EXPECT_NE(sentences[1].place(0).find("t.txt:7"), std::string::npos) << sentences[1].place(0);
  EXPECT_EQ(load_labelled_text(path, Split::train, 1).size(), 1u);
}

TEST_F(LabelledText, TheEndOfAFileEndsASentence) {
  file("a.txt", "the DET");
  file("b.txt", "cat NOUN\n");
  EXPECT_EQ(load_labelled_text(temporary_.path().string(), Split::train).size(), 2u);
}

TEST_F(LabelledText, BadLinesAreNamed) {
  refused("the DET\ncat\n", "bad.txt:2] got 1 columns, expected a word and its label");
  refused("the DET\n\na black cat\n", "bad.txt:3] got 3 columns");
  refused("", "no word");
  refused("\n \n", "no word");
  refused("the DET\nca\xff NOUN\n", "bad.txt:2");
}

}  // namespace
}  // namespace cairn::data
