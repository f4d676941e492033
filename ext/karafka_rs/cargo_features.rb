# frozen_string_literal: true

# Which Cargo features the extension is built with. Decided here for `gem install`
# and for the checkout's tasks alike, so that both build the same thing.
#
#   KARAFKA_RS_FEATURES="ssl,gssapi"    exactly these ("" for none)
#   gem install karafka_rs -- --with-gssapi --without-ssl
#
# Without a word: ssl when OpenSSL is found through pkg-config (or OPENSSL_DIR), no gssapi. A build without
# ssl refuses encrypted brokers with an error instead of connecting in the clear.
module CargoFeatures
  ALL = %w[ssl gssapi].freeze

  module_function

  # @param arguments [Array<String>] command line, of which --with-X and --without-X are read
  # @param env [Hash{String => String}, ENV]
  # @return [Array<String>] names out of {ALL}
  # @raise [ArgumentError] for a name that is none of them
  def chosen(arguments: [], env: ENV)
    from_env = env["KARAFKA_RS_FEATURES"]
    return checked(from_env.split(/[\s,]+/).reject(&:empty?)) if from_env

    ALL.select do |feature|
      next true if arguments.include?("--with-#{feature}")
      next false if arguments.include?("--without-#{feature}")

      feature == "ssl" && openssl_found?(env)
    end
  end

  # What the openssl-sys crate looks at, which compiles or fails by it: headers that lie
  # there while pkg-config is missing do not help.
  def openssl_found?(env = ENV)
    return true if env["OPENSSL_DIR"] || env["OPENSSL_INCLUDE_DIR"]

    system("pkg-config", "--exists", "openssl", %i[out err] => File::NULL) ||
      Dir["/{opt/homebrew,usr/local}/opt/openssl@3/include/openssl/ssl.h"].any?
  end

  def checked(names)
    unknown = names - ALL
    return names if unknown.empty?

    raise ArgumentError, "KARAFKA_RS_FEATURES names #{unknown.join(', ')}; known: #{ALL.join(', ')}"
  end
end
