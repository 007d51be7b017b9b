#pragma once

/// The whole core in one include.

#include <portrait/audit_log.hpp>
#include <portrait/caching_image_store.hpp>
#include <portrait/forwarding_image_store.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/name_search.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/person_table.hpp>
#include <portrait/printable.hpp>
#include <portrait/probe.hpp>
#include <portrait/rendition_service.hpp>
#include <portrait/revalidating_image_store.hpp>
#include <portrait/scrub.hpp>
#include <portrait/store_transfer.hpp>
#include <portrait/trusted_file.hpp>
#include <portrait/upkeep.hpp>
#include <portrait/upload_converter.hpp>
#include <portrait/version.hpp>
