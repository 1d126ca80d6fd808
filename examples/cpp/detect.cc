// Finds the faces in a picture with a TFLite file of tfface, by the C API of LiteRT.
//
//   detect MODEL.tflite PICTURE.ppm
//
// Prints a line for each face: x_min y_min x_max y_max in pixels of the picture, and its score.
// They are those of tfface.FaceDetector.detect() at the picture's own size.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "litert/c/litert_common.h"
#include "litert/c/litert_compiled_model.h"
#include "litert/c/litert_environment.h"
#include "litert/c/litert_model.h"
#include "litert/c/litert_options.h"
#include "litert/c/litert_tensor_buffer.h"
#include "ppm.h"

namespace {

using std::string;
using std::to_string;

constexpr float kThreshold = 0.5f;  // the lowest score of a face, as in Python by default
constexpr int kSizeMultiple = 32;   // SIZE_MULTIPLE of tfface/predict/placement.py

void check(LiteRtStatus status, const string& message) {
  if (status == kLiteRtStatusOk) return;
  throw std::runtime_error(message + " (LiteRtStatus " + to_string(status) + ")");
}

// Owners of LiteRT's objects; make<Model>(message, create, ...) calls create(..., &handle).
template <auto destroy>
struct Destroyer {
  template <class Object>
  void operator()(Object* handle) const { destroy(handle); }
};
template <class Handle, auto destroy>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Destroyer<destroy>>;
using Environment = Owner<LiteRtEnvironment, LiteRtDestroyEnvironment>;
using Model = Owner<LiteRtModel, LiteRtDestroyModel>;
using Options = Owner<LiteRtOptions, LiteRtDestroyOptions>;
using CompiledModel = Owner<LiteRtCompiledModel, LiteRtDestroyCompiledModel>;
using Buffer = Owner<LiteRtTensorBuffer, LiteRtDestroyTensorBuffer>;

template <class Owned, class Create, class... Arguments>
Owned make(const string& message, Create create, Arguments... arguments) {
  typename Owned::pointer handle = nullptr;
  check(create(arguments..., &handle), message);
  return Owned(handle);
}

template <class Element>
std::vector<Element> read(const Buffer& buffer) {
  const string failed = "LiteRT cannot read an output";
  std::size_t bytes = 0;
  void* memory = nullptr;
  check(LiteRtGetTensorBufferPackedSize(buffer.get(), &bytes), failed);
  check(LiteRtLockTensorBuffer(buffer.get(), &memory, kLiteRtTensorBufferLockModeRead), failed);
  std::vector<Element> values(bytes / sizeof(Element));
  std::memcpy(values.data(), memory, values.size() * sizeof(Element));
  LiteRtUnlockTensorBuffer(buffer.get());
  return values;
}

struct Face {
  float box[4];  // x_min, y_min, x_max, y_max in pixels of the picture
  float score;
};

class Detector {
 public:
  explicit Detector(const string& path) : path_(path), content_(read_file(path)) {
    // LiteRT would look for libraries of a GPU and an NPU, and tell of each that is not there.
    const auto setting = [](LiteRtEnvOptionTag tag, std::int64_t value) {
      LiteRtEnvOption option{tag, {}};
      option.value.type = kLiteRtAnyTypeInt;
      option.value.int_value = value;
      return option;
    };
    constexpr int kErrors = 3;  // kLiteRtLogSeverityError of an internal header
    const LiteRtEnvOption settings[] = {
        setting(kLiteRtEnvOptionTagAutoRegisterAccelerators, kLiteRtHwAcceleratorCpu),
        setting(kLiteRtEnvOptionTagMinLoggerSeverity, kErrors)};
    const string unusable = "LiteRT fails to start; try another release of it";
    environment_ = make<Environment>(unusable, LiteRtCreateEnvironment, 2, &settings[0]);
    // LiteRtCreateModelFromFile would trust the file, and crash where it is damaged.
    model_ = make<Model>(damaged_, LiteRtCreateModelFromBuffer, environment_.get(), content_.data(),
                         content_.size());
    read_signature();
    const auto options = make<Options>(unusable, LiteRtCreateOptions);
    check(LiteRtSetOptionsHardwareAccelerators(options.get(), kLiteRtHwAcceleratorCpu), damaged_);
    compiled_ = make<CompiledModel>(damaged_, LiteRtCreateCompiledModel, environment_.get(),
                                    model_.get(), options.get());
  }

  // The faces with a score of kThreshold or more, best first.
  std::vector<Face> detect(const Picture& picture) {
    const std::vector<char> pixels = place(picture);
    const string failed = path_ + ": LiteRT fails on a picture of " + to_string(picture.width) +
                          "x" + to_string(picture.height) + "; try a smaller one";
    LiteRtCompiledModel model = compiled_.get();
    if (!fixed_size_) {
      const int* shape = images_.layout.dimensions;
      check(LiteRtCompiledModelResizeInputTensor(model, signature_, 0, shape, 4), failed);
    }
    // `true` plans the memory for this size: only then LiteRT knows what its buffers have to hold.
    std::vector<LiteRtLayout> layouts(outputs_.size());
    check(LiteRtGetCompiledModelOutputTensorLayouts(model, signature_, layouts.size(),
                                                    layouts.data(), true), failed);
    const auto create = LiteRtCreateManagedTensorBufferFromRequirements;
    LiteRtTensorBufferRequirements needs = nullptr;
    check(LiteRtGetCompiledModelInputBufferRequirements(model, signature_, 0, &needs), failed);
    const auto images = make<Buffer>(failed, create, environment_.get(), &images_, needs);
    void* memory = nullptr;
    check(LiteRtLockTensorBuffer(images.get(), &memory, kLiteRtTensorBufferLockModeWrite), failed);
    std::memcpy(memory, pixels.data(), pixels.size());
    LiteRtUnlockTensorBuffer(images.get());

    std::vector<Buffer> outputs;
    std::vector<LiteRtTensorBuffer> handles;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const LiteRtRankedTensorType type{outputs_[i].type, layouts[i]};
      check(LiteRtGetCompiledModelOutputBufferRequirements(model, signature_, i, &needs), failed);
      outputs.push_back(make<Buffer>(failed, create, environment_.get(), &type, needs));
      handles.push_back(outputs.back().get());
    }
    LiteRtTensorBuffer input = images.get();
    check(LiteRtRunCompiledModel(model, signature_, 1, &input, handles.size(), handles.data()),
          failed);

    const auto boxes = read<float>(outputs[index_of("boxes", kLiteRtElementTypeFloat32)]);
    const auto scores = read<float>(outputs[index_of("scores", kLiteRtElementTypeFloat32)]);
    const auto count = read<std::int32_t>(outputs[index_of("count", kLiteRtElementTypeInt32)]);
    const std::int64_t places = scores.size();
    if (count.size() != 1 || count[0] < 0 || count[0] > places ||
        boxes.size() != 4 * scores.size()) {
      refuse("outputs of other shapes");
    }
    std::vector<Face> faces;
    for (int i = 0; i < count[0]; ++i) {
      Face face{{}, scores[i]};
      for (int side = 0; side < 4; ++side) {
        const float limit = side % 2 == 0 ? picture.width : picture.height;
        face.box[side] = std::clamp(boxes[4 * i + side], 0.0f, limit);
      }
      // A box in the padding has no area once it is cut.
      const bool visible = face.box[2] > face.box[0] && face.box[3] > face.box[1];
      if (visible && face.score >= kThreshold) faces.push_back(face);
    }
    return faces;
  }

 private:
  struct Output {
    string name;
    LiteRtElementType type;
  };

  [[noreturn]] void refuse(const string& got) const {
    throw std::runtime_error(
        path_ + ": expected the signature serving_default, from images (1, H, W, 3) uint8 to boxes "
        "(1, K, 4) float32, scores (1, K) float32 and count (1,) int32, got " + got +
        "; export the detector with python -m convert.main");
  }

  // Finds the signature (tfface/predict/signature.py) and its tensors.
  void read_signature() {
    LiteRtParamIndex signatures = 0, inputs = 0, outputs = 0;
    LiteRtSignature signature = nullptr;
    LiteRtTensor tensor = nullptr;
    LiteRtRankedTensorType type{};
    const char* name = "";
    check(LiteRtGetNumModelSignatures(model_.get(), &signatures), damaged_);
    for (signature_ = 0; signature_ < signatures; ++signature_) {
      check(LiteRtGetModelSignature(model_.get(), signature_, &signature), damaged_);
      check(LiteRtGetSignatureKey(signature, &name), damaged_);
      if (name == string("serving_default")) break;
    }
    if (signature_ == signatures) refuse("the signature " + string(name));
    check(LiteRtGetNumSignatureInputs(signature, &inputs), damaged_);
    if (inputs != 1) refuse(to_string(inputs) + " inputs");
    check(LiteRtGetSignatureInputName(signature, 0, &name), damaged_);
    check(LiteRtGetSignatureInputTensorByIndex(signature, 0, &tensor), damaged_);
    check(LiteRtGetRankedTensorType(tensor, &images_), damaged_);
    const int* shape = images_.layout.dimensions;
    fixed_size_ = shape[1] > 0;
    if (name != string("images") || images_.element_type != kLiteRtElementTypeUInt8 ||
        images_.layout.rank != 4 || shape[0] != 1 || shape[3] != 3 ||
        fixed_size_ != (shape[2] > 0)) {
      refuse("an input " + string(name) + " of another type or shape");
    }
    check(LiteRtGetNumSignatureOutputs(signature, &outputs), damaged_);
    for (LiteRtParamIndex i = 0; i < outputs; ++i) {
      check(LiteRtGetSignatureOutputName(signature, i, &name), damaged_);
      check(LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor), damaged_);
      check(LiteRtGetRankedTensorType(tensor, &type), damaged_);
      outputs_.push_back({name, type.element_type});
    }
  }

  std::size_t index_of(const string& name, LiteRtElementType type) const {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs_[i].name == name && outputs_[i].type == type) return i;
    }
    refuse("no output " + name + " of this type");
  }

  // The picture in the upper left corner of an input of a size that the file takes; the rest black.
  std::vector<char> place(const Picture& picture) {
    int &height = images_.layout.dimensions[1], &width = images_.layout.dimensions[2];
    if (!fixed_size_) {
      height = (picture.height + kSizeMultiple - 1) / kSizeMultiple * kSizeMultiple;
      width = (picture.width + kSizeMultiple - 1) / kSizeMultiple * kSizeMultiple;
    }
    if (picture.height > height || picture.width > width) {
      const auto size = [](int w, int h) { return to_string(w) + "x" + to_string(h); };
      throw std::runtime_error(path_ + ": expected a picture of at most " + size(width, height) +
                               " pixels, got " + size(picture.width, picture.height) +
                               "; scale it down, or export the detector without --size");
    }
    std::vector<char> pixels(std::size_t{3} * height * width);
    for (int row = 0; row < picture.height; ++row) {
      std::copy_n(&picture.rgb[std::size_t{3} * row * picture.width], 3 * picture.width,
                  &pixels[std::size_t{3} * row * width]);
    }
    return pixels;
  }

  const string path_;
  const string damaged_ = path_ + ": expected a whole TFLite file of a detector, got one that "
                                  "LiteRT refuses; download or export it again";
  const string content_;  // the model refers to it
  Environment environment_;  // the first, so that it is destroyed after what it serves
  Model model_;
  CompiledModel compiled_;
  LiteRtParamIndex signature_ = 0;
  LiteRtRankedTensorType images_{};
  bool fixed_size_ = false;
  std::vector<Output> outputs_;
};

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 3) throw std::runtime_error("expected: detect MODEL.tflite PICTURE.ppm");
    const Picture picture = read_ppm(arguments[2]);
    for (const auto& [box, score] : Detector(arguments[1]).detect(picture)) {
      std::printf("%.3f %.3f %.3f %.3f %.4f\n", box[0], box[1], box[2], box[3], score);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "detect: %s\n", error.what());
    return 1;
  }
}
