#include "gateway/redis/reply_reader.h"

#include <new>
#include <string>

#include <hiredis/read.h>

namespace tapline::redis {
namespace {

// The reply that is being built. hiredis calls back depth first, so an array is complete before its
// next sibling is appended: pointers into `items` that hiredis still holds never move.
struct Builder {
    Reply root;
    std::size_t items = 0;
    std::size_t items_most = 0;
    bool too_many = false;
};

// Null makes hiredis give up with REDIS_ERR_OOM. Nothing may be thrown through its C frames.
void* place(const redisReadTask* task, Reply&& reply) noexcept {
    auto* builder = static_cast<Builder*>(task->privdata);
    if (task->parent == nullptr) {
        builder->root = std::move(reply);
        return &builder->root;
    }
    try {
        auto* parent = static_cast<Reply*>(task->parent->obj);
        return &parent->items.emplace_back(std::move(reply));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) noexcept {
    Reply reply;
    reply.kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                 : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                    : Reply::Kind::text;
    try {
        reply.text.assign(text, size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
    return place(task, std::move(reply));
}

void* create_array(const redisReadTask* task, std::size_t count) noexcept {
    auto* builder = static_cast<Builder*>(task->privdata);
    if (count > builder->items_most - builder->items) {
        builder->too_many = true;
        return nullptr;
    }
    builder->items += count;
    Reply reply;
    reply.kind = Reply::Kind::array;
    return place(task, std::move(reply));
}

void* create_integer(const redisReadTask* task, long long value) noexcept {
    Reply reply;
    reply.kind = Reply::Kind::integer;
    reply.integer = value;
    return place(task, std::move(reply));
}

void* create_nil(const redisReadTask* task) noexcept {
    return place(task, Reply{});
}

redisReplyObjectFunctions functions() {
    redisReplyObjectFunctions f{};
    f.createString = create_string;
    // The count is an int in hiredis 0.14 and a size_t since 1.0.
    f.createArray = [](const redisReadTask* task, auto count) -> void* {
        return create_array(task, static_cast<std::size_t>(count));
    };
    f.createInteger = create_integer;
    f.createNil = create_nil;
    f.freeObject = [](void*) {};
    return f;
}

struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

}  // namespace

class ReplyReader::Impl {
  public:
    explicit Impl(ReplyLimits limits)
        : limits_(limits),
          functions_(functions()),
          reader_(redisReaderCreateWithFunctions(&functions_)) {
        if (!reader_) throw std::bad_alloc();
        builder_.items_most = limits.items;
        reader_->privdata = &builder_;
    }

    void feed(std::string_view bytes) {
        fed_ += bytes.size();
        redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
    }

    Result<std::optional<Reply>> next() {
        void* done = nullptr;
        if (redisReaderGetReply(reader_.get(), &done) != REDIS_OK) {
            return fail(ErrorCode::corrupt, builder_.too_many
                                                ? "redis: a reply has too many items"
                                                : std::string("redis: ") + reader_->errstr);
        }
        if (done == nullptr) {
            if (fed_ <= limits_.reply_bytes) return std::optional<Reply>();
            return fail(ErrorCode::corrupt, "redis: a reply is larger than " +
                                                std::to_string(limits_.reply_bytes) + " bytes");
        }
        fed_ = reader_->len - reader_->pos;
        builder_.items = 0;
        return std::optional<Reply>(std::exchange(builder_.root, Reply{}));
    }

  private:
    ReplyLimits limits_;
    redisReplyObjectFunctions functions_;
    Builder builder_;
    std::unique_ptr<redisReader, FreeReader> reader_;
    std::size_t fed_ = 0;  // bytes since the last whole reply
};

ReplyReader::ReplyReader(ReplyLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;
ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
    impl_->feed(bytes);
}
Result<std::optional<Reply>> ReplyReader::next() {
    return impl_->next();
}

}  // namespace tapline::redis
