#include "routes/agents/agent_exchange.hpp"

namespace portrait::http::agents {

namespace {

constexpr AgentArgument get_person_image_arguments[]{{"PersonId", AgentArgumentType::number}};

/// POST /api/v1/Agents/Person/GetPersonImage: the picture's bytes; 404 without a picture.
class PersonGetPersonImage : public AgentExchange {
public:
    using AgentExchange::AgentExchange;

protected:
    Answer answer(const AgentArguments& arguments) override {
        const auto person_id = arguments.person_id();
        if (!person_id)
            return person_id.error();
        const auto stored = service().image(*person_id);
        if (stored)
            return bytes_answer(stored->bytes, stored->info.format);
        return answer_without_picture(stored.error());
    }

private:
    virtual Answer answer_without_picture(const Error& error) const { return error; }
};

/// POST /api/v1/Agents/BLOB/GetPersonImage: the picture's bytes; none without a picture.
class BlobGetPersonImage final : public PersonGetPersonImage {
public:
    using PersonGetPersonImage::PersonGetPersonImage;

private:
    Answer answer_without_picture(const Error& error) const override {
        if (error == errc::image_none)
            return bytes_answer({}, {});
        return error;
    }
};

RouteDocumentation document_get_person_image_call() {
    return document_call({200, BodyContent::agent_picture}, {404});
}

} // namespace

constinit const Route person_get_person_image{.method = "POST",
                                              .path = "/api/v1/Agents/Person/GetPersonImage",
                                              .summary = "The person's picture",
                                              .begin = &begin_call<PersonGetPersonImage>,
                                              .document = &document_get_person_image_call,
                                              .accepts = &accepted_body_types,
                                              .arguments = get_person_image_arguments};

constinit const Route blob_get_person_image{.method = "POST",
                                            .path = "/api/v1/Agents/BLOB/GetPersonImage",
                                            .summary = "The person's picture, or nothing",
                                            .begin = &begin_call<BlobGetPersonImage>,
                                            .document = &document_get_person_image_call,
                                            .accepts = &accepted_body_types,
                                            .arguments = get_person_image_arguments};

} // namespace portrait::http::agents
